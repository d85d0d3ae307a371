import type { Pixels } from '@imagedoc/core'
import { flattenAlpha } from './flatten-alpha.ts'

/** One value a pixel, 0 black to 255 white, rows tightly packed. */
export interface Grey {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

const LINEAR_MAX = 16_383
/** Of the shares' whole numbers, which are quicker than fractions; no colour comes out otherwise. */
const FRACTION_BITS = 16
// Weights of linear light (ITU-R BT.709), each channel's share looked up at once.
const shares = [0.2126, 0.7152, 0.0722].map((weight) =>
  Int32Array.from({ length: 256 }, (_, value) => Math.round(Math.fround(toLinear(value / 255) * weight * LINEAR_MAX) * 2 ** FRACTION_BITS)),
)
const HALF = 1 << (FRACTION_BITS - 1)
const encoded = Uint8Array.from({ length: LINEAR_MAX + 2 }, (_, value) => Math.round(fromLinear(value / LINEAR_MAX) * 255))

/** Luminance, computed in linear light; transparent areas become white. Grey pixels are given back without a copy: never write into the result. */
export function toGrey(pixels: Pixels, out: Uint8Array = new Uint8Array(pixels.channels === 1 ? 0 : pixels.width * pixels.height)): Grey {
  if (pixels.channels === 1) return pixels
  const { width, height, data } = flattenAlpha(pixels)
  const [red, green, blue] = shares as [Int32Array, Int32Array, Int32Array]
  for (let from = 0, to = 0; to < out.length; from += 3, to++) {
    const light =
      (red[data[from] as number] as number) + (green[data[from + 1] as number] as number) + (blue[data[from + 2] as number] as number)
    out[to] = encoded[(light + HALF) >>> FRACTION_BITS] as number
  }
  return { width, height, data: out }
}

function toLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

function fromLinear(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
}

/** Light for dark, as a copy. */
export function invert(data: Uint8Array): Uint8Array {
  return data.map((value) => 255 - value)
}
