import type { Pixels } from '@imagedoc/core'
import { inMemory } from '../byte-source.ts'
import type { ImageLayout } from './image-layout.ts'
import type { TiffPage } from './page.ts'
import { type Fields, numberField, writeTiff } from './rebuild.ts'
import { areaInside } from './segments.ts'
import { tag } from './tags.ts'

/** White paper of a page's stored size, onto which the pieces go that could be decoded. */
export interface Canvas {
  readonly width: number
  readonly height: number
  /** Undefined until the first piece has told the number of channels. */
  pixels?: Pixels
  /** Pixels of the page that no piece covers, so far. */
  missing: number
}

/** Empty paper. */
export const createCanvas = ({ width, height }: ImageLayout): Canvas => ({ width, height, missing: width * height })

/** Puts a piece onto the paper; what of it lies outside, as of a tile at the edge, falls off. */
export function paste(canvas: Canvas, piece: Pixels, at: { x: number; y: number }): void {
  const { width, height } = canvas
  const { channels } = piece
  canvas.pixels ??= { width, height, channels, density: null, data: new Uint8Array(width * height * channels).fill(255) }
  if (channels !== canvas.pixels.channels) return
  const across = Math.min(piece.width, width - at.x)
  const down = Math.min(piece.height, height - at.y)
  for (let row = 0; row < down; row++) {
    const from = row * piece.width * channels
    canvas.pixels.data.set(piece.data.subarray(from, from + across * channels), ((at.y + row) * width + at.x) * channels)
  }
  canvas.missing -= areaInside({ ...at, width: piece.width, height: piece.height }, canvas)
}

/** The paper as an uncompressed TIFF, with the description of the page. */
export function canvasFile(pixels: Pixels, of: { page: TiffPage; fields: Fields; below: Map<number, Fields> }): Uint8Array {
  const { width, height, channels, data } = pixels
  const { little } = of.page.file
  const short = (...values: number[]) => numberField(values, { bytes: 2, little })
  const long = (value: number) => numberField([value], { bytes: 4, little })
  const fields: Fields = new Map(of.fields)
  fields.set(tag.width, long(width)).set(tag.height, long(height)).set(tag.rowsPerStrip, long(height))
  fields.set(tag.bits, short(...Array.from({ length: channels }, () => 8))).set(tag.samples, short(channels))
  fields.set(tag.compression, short(1)).set(tag.photometric, short(channels === 1 ? 1 : 2))
  fields.set(tag.orientation, short(of.page.layout.orientation))
  if (channels === 4) fields.set(tag.extraSamples, short(2))
  // The pixels have left their colour space for sRGB.
  fields.delete(tag.iccProfile)
  return writeTiff({ fields, below: of.below, parts: [inMemory(data)], tiled: false, little })
}
