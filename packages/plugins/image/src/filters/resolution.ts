import type { Context, Pixels } from '@imagedoc/core'

/** Inches of the long edge of a page that does not tell its size: A4's. */
const USUAL_INCHES = 11.7
/** Of such a page; a vignette of a hundred pixels is no page of 9 dots an inch. */
const BOUNDS = { least: 100, most: 600 }

/** Dots per inch that filters reckon with: those of the page's scale, or what its size makes likely. */
export function resolutionOf(input: Pixels, context: Pick<Context, 'scale'>): number {
  const scale = context.scale(input)
  if (scale !== null) return scale.dpi
  const likely = Math.max(input.width, input.height) / USUAL_INCHES
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, likely))
}
