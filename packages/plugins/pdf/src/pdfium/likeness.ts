import { type Box, compose, invert, mapBox, type Pixels } from '@imagedoc/core'
import type { PageGeometry } from './geometry.ts'
import type { PdfDocument } from './pdf-document.ts'
import { drawRegion, regionSize } from './region.ts'
import type { Scan } from './scan.ts'

/** Pixels of the longer edge of the small drawing. */
const COMPARED = 256
/** Means of blocks of so many of them are compared: how PDFium makes an image smaller must not matter. */
const BLOCK = 8
/** A block whose mean differs by more (0..255) looks different. */
const DIFFERENT = 24
/** Rows and columns that are read of the stored pixels for one block. */
const SAMPLES = 24
/** Below this alpha something was seen through; rounding loses one. */
const OPAQUE = 252

interface Compared {
  readonly geometry: PageGeometry
  readonly scan: Scan
  /** Turned as the page shows them. */
  readonly pixels: Pixels
}

/**
 * Whether the stored pixels are what a page shows: it is drawn small, on nothing, and compared. For what PDFium's list of objects does not tell:
 * masks of an image whose dictionary is not to be found, layers, transfer functions.
 */
export function looksLike(document: PdfDocument, page: number, { geometry, scan, pixels }: Compared): boolean {
  const toUnit = compose(invert(geometry.unitToOriginal), scan.toOriginal)
  if (toUnit === null) return false
  const place = mapBox(toUnit, [0, 0, scan.width, scan.height])
  const box: Box = [Math.max(0, place[0]), Math.max(0, place[1]), Math.min(1, place[2]), Math.min(1, place[3])]
  const region = { box, longest: COMPARED, annotations: false, transparent: true }
  const { width, height } = regionSize(document, page, region)
  const drawn = drawRegion(document, page, region)
  for (let top = BLOCK; top + BLOCK < height; top += BLOCK) {
    for (let left = BLOCK; left + BLOCK < width; left += BLOCK) {
      const shown = blockMean(drawn, { left, top, width })
      if (shown === undefined) return false
      const at = (x: number, y: number) => [
        (box[0] + (x / width) * (box[2] - box[0]) - place[0]) / (place[2] - place[0]),
        (box[1] + (y / height) * (box[3] - box[1]) - place[1]) / (place[3] - place[1]),
      ]
      const stored = storedMean(pixels, [...at(left, top), ...at(left + BLOCK, top + BLOCK)] as never)
      if (shown.some((value, channel) => Math.abs(value - (stored[channel] ?? 0)) > DIFFERENT)) return false
    }
  }
  return true
}

type Colour = readonly [red: number, green: number, blue: number]

/** Undefined where something is seen through. */
function blockMean(drawn: Uint8Array, { left, top, width }: { left: number; top: number; width: number }): Colour | undefined {
  const sum = [0, 0, 0]
  for (let y = top; y < top + BLOCK; y++) {
    for (let x = left, at = (y * width + left) * 4; x < left + BLOCK; x++, at += 4) {
      if ((drawn[at + 3] ?? 0) < OPAQUE) return undefined
      for (let channel = 0; channel < 3; channel++) sum[channel] = (sum[channel] ?? 0) + (drawn[at + 2 - channel] ?? 0)
    }
  }
  return sum.map((value) => value / BLOCK ** 2) as never
}

/** Of the part `box`, in shares of the image. */
function storedMean({ width, height, channels, data }: Pixels, [x0, y0, x1, y1]: Box): Colour {
  const sum = [0, 0, 0]
  for (let row = 0; row < SAMPLES; row++) {
    const y = Math.min(height - 1, Math.max(0, Math.floor((y0 + ((row + 0.5) / SAMPLES) * (y1 - y0)) * height)))
    for (let column = 0; column < SAMPLES; column++) {
      const x = Math.min(width - 1, Math.max(0, Math.floor((x0 + ((column + 0.5) / SAMPLES) * (x1 - x0)) * width)))
      const at = (y * width + x) * channels
      for (let channel = 0; channel < 3; channel++) sum[channel] = (sum[channel] ?? 0) + (data[channels === 1 ? at : at + channel] ?? 0)
    }
  }
  return sum.map((value) => value / SAMPLES ** 2) as never
}
