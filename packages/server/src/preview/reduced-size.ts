import type { Length } from '@imagedoc/core'
import { LARGEST, type PreviewRequest } from './request.ts'
import type { Factor } from './scale-params.ts'

/** In pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

const DEFAULT_PIXELS = 1_000_000
/** Of the size that was asked for: below it the preview would look coarse. */
const LEAST = 0.85
/** By how much the edges may be made smaller unevenly: five pixels in a thousand, which nobody sees. */
const UNEVEN = 0.005

/**
 * The size of the page for a preview. A crop falls between the pixels of a page that was made smaller by just any factor, and then shows half a pixel
 * too much or too little, 10 grey levels on average on a page of print. So a size that is a little smaller is taken where the lengths that the steps
 * name come out whole, as nearly as can be. Without such lengths it is always the same, so that the page is made smaller once.
 */
export function reducedSize(
  full: Size,
  wanted: Pick<PreviewRequest, 'max_pixels' | 'width'>,
  lengths: { [Edge in keyof Factor]: readonly Length[] },
): Size {
  const factor = factorFor(full, wanted)
  const asked = { width: smaller(full.width, factor), height: smaller(full.height, factor) }
  if (factor === 1) return asked
  let best = { ...asked, distance: Number.POSITIVE_INFINITY }
  for (let width = asked.width; width >= asked.width * LEAST; width--) {
    const across = distanceFromWhole(lengths.width, { full: full.width, reduced: width })
    for (const height of heightsFor(full, width, asked.height)) {
      const distance = Math.max(across, distanceFromWhole(lengths.height, { full: full.height, reduced: height }))
      if (distance < best.distance - 1e-6) best = { width, height, distance }
    }
  }
  return { width: best.width, height: best.height }
}

function factorFor({ width, height }: Size, wanted: Pick<PreviewRequest, 'max_pixels' | 'width'>): number {
  const pixels = wanted.max_pixels ?? (wanted.width === undefined ? DEFAULT_PIXELS : LARGEST)
  const byWidth = wanted.width === undefined ? 1 : wanted.width / width
  return Math.min(1, byWidth, Math.sqrt(pixels / (width * height)))
}

const smaller = (edge: number, factor: number): number => Math.max(1, Math.round(edge * factor))

/** Beginning with the one that keeps the shape best. */
function heightsFor(full: Size, width: number, most: number): number[] {
  const even = smaller(full.height, width / full.width)
  const spread = Math.floor(even * UNEVEN)
  const others = Array.from({ length: spread }, (_, index) => [even - index - 1, even + index + 1]).flat()
  return [even, ...others].filter((height) => height >= 1 && height <= most)
}

/** Of the length that lies farthest from whole pixels. */
function distanceFromWhole(lengths: readonly Length[], { full, reduced }: { full: number; reduced: number }): number {
  const scaled = lengths.map((length) => (typeof length === 'number' ? length / full : Number.parseFloat(length) / 100) * reduced)
  return Math.max(0, ...scaled.map((length) => Math.abs(length - Math.round(length))))
}
