import { z } from 'zod'

/**
 * A length along an edge: pixels, or a string such as `"12.5%"` of that edge. A preview scales pixels, which the schema's `unit` tells it;
 * `.meta({ edge: 'width' })` or `'height'` tells it of which edge, so that it can make the page smaller by as much as lets the length come out whole.
 */
export const length = z
  .union([z.number().min(0), z.string().regex(/^\d+(\.\d+)?%$/, 'Write a number of pixels, or a percentage such as "12.5%".')])
  .meta({ unit: 'px', description: 'Pixels, or a percentage such as "12.5%".' })
/** Pixels, or a percentage such as `"12.5%"`. */
export type Length = z.output<typeof length>

/** A length in whole pixels. `total`: the edge that a percentage is of, in pixels. */
export function toPixels(value: Length, total: number): number {
  return Math.round(typeof value === 'number' ? value : (Number.parseFloat(value) / 100) * total)
}

/** A whole number of pixels, at least 1. */
export const pixels = z.int().min(1).max(65_535).meta({ unit: 'px', description: 'Pixels.' })

/** Degrees clockwise. */
export const angle = z.number().min(-360).max(360).meta({ unit: 'deg', description: 'Degrees clockwise.' })

/** `#rrggbb` or `#rrggbbaa`. */
export const colour = z
  .string()
  .regex(/^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$/, 'Write a colour as #rrggbb or #rrggbbaa.')
  .meta({ format: 'color', description: 'A colour, #rrggbb or #rrggbbaa.' })

/** Red, green, blue and alpha of a {@link colour}, 0 to 255. */
export function parseColour(value: string): { r: number; g: number; b: number; alpha: number } {
  const channel = (at: number): number => Number.parseInt(value.slice(at, at + 2), 16)
  return { r: channel(1), g: channel(3), b: channel(5), alpha: value.length > 7 ? channel(7) : 255 }
}
