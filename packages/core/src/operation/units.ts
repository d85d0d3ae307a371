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

/** A length in whole pixels. `total`: the edge that a percentage is of, in pixels. @see {@link toSpan} for a place and a size along one edge */
export function toPixels(value: Length, total: number): number {
  return Math.round(exactly(value, total))
}

/** A stretch along one edge, in whole pixels. */
export interface Span {
  readonly start: number
  readonly size: number
}

/**
 * A place and a size along one edge, in whole pixels. Both ends are rounded, not the size: the parts of a page that percentages divide touch,
 * and those that add up to 100 % end where the page does. A size in whole pixels stays as it is. Whether the stretch lies on the page is not
 * asked.
 */
export function toSpan(start: Length, size: Length, total: number): Span {
  const first = toPixels(start, total)
  if (typeof size === 'number' && Number.isInteger(size)) return { start: first, size }
  return { start: first, size: Math.round(endOf(start, size, total)) - first }
}

/** Two percentages are added as such: 33.3 % and 66.7 % must end where 100 % does. */
function endOf(start: Length, size: Length, total: number): number {
  if (typeof start === 'number' || typeof size === 'number') return exactly(start, total) + exactly(size, total)
  return ofHundred(percentage(start) + percentage(size), total)
}

const exactly = (value: Length, total: number): number => (typeof value === 'number' ? value : ofHundred(percentage(value), total))
const percentage = (value: string): number => Number.parseFloat(value)

/** To the nearest thousand-millionth of a percent: the error of adding decimals must not decide which way a half is rounded. */
const ofHundred = (percent: number, total: number): number => (Number(percent.toFixed(9)) * total) / 100

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
