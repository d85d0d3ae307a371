import type { Matrix, Pixels } from '@imagedoc/core'

/** One of the eight ways in which an image can lie: first `swap` rows and columns, then mirror. */
export interface Turn {
  swap: boolean
  flipX: boolean
  flipY: boolean
}

/** Off the axes by more than this (0.06 degrees) is a slant that the page wants and the stored pixels lack. */
const SLANT = 0.001

/** How stored pixels must be turned to lie as the linear part of `toShown` shows them; undefined when they lie aslant. */
export function turnOf([a, b, , c, d]: Matrix): Turn | undefined {
  const swap = Math.abs(b) > Math.abs(a)
  const [along, across] = swap
    ? [Math.min(Math.abs(b), Math.abs(c)), Math.max(Math.abs(a), Math.abs(d))]
    : [Math.min(Math.abs(a), Math.abs(d)), Math.max(Math.abs(b), Math.abs(c))]
  if (along === 0 || across > SLANT * along) return undefined
  return swap ? { swap, flipX: b < 0, flipY: c < 0 } : { swap, flipX: a < 0, flipY: d < 0 }
}

/** True when nothing is to be done. */
export function isUpright({ swap, flipX, flipY }: Turn): boolean {
  return !swap && !flipX && !flipY
}

/** From the turned pixels to the stored ones, which are `width` x `height`. */
export function turnMatrix({ swap, flipX, flipY }: Turn, { width, height }: { width: number; height: number }): Matrix {
  if (!swap) return [flipX ? -1 : 1, 0, flipX ? width : 0, 0, flipY ? -1 : 1, flipY ? height : 0, 0, 0, 1]
  return [0, flipY ? -1 : 1, flipY ? width : 0, flipX ? -1 : 1, 0, flipX ? height : 0, 0, 0, 1]
}

/** The pixels turned. */
export function turned(pixels: Pixels, turn: Turn): Pixels {
  if (isUpright(turn)) return pixels
  const { width, height, channels, data } = pixels
  const size = turn.swap ? { width: height, height: width } : { width, height }
  const [a, b, x0, c, d, y0] = turnMatrix(turn, pixels)
  const out = new Uint8Array(data.length)
  // Pixel centres lie at .5, so the matrix is exact on them and the origin may be rounded down.
  const first = Math.floor(0.5 * (a + b) + x0) + Math.floor(0.5 * (c + d) + y0) * width
  const [stepX, stepY] = [a + c * width, b + d * width]
  for (let y = 0, to = 0; y < size.height; y++) {
    for (let x = 0, from = (first + y * stepY) * channels; x < size.width; x++, from += stepX * channels) {
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel] as number
    }
  }
  return { ...pixels, ...size, data: out }
}
