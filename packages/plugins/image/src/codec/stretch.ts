import type { Pixels } from '@imagedoc/core'

/** Samples that one sample is made of, and how much of each: Catmull-Rom, a cubic through the samples themselves. */
interface Tap {
  readonly from: number
  readonly weights: readonly [number, number, number, number]
}

/**
 * Stretches an image along one axis; the other one stays as it is to the last value, which libvips's resize does not promise: it moves it by half a
 * pixel. `size`: of the axis, at least what it is now.
 */
export function stretch(pixels: Pixels, axis: 'x' | 'y', size: number): Pixels {
  const { width, height, channels, data: given } = pixels
  const [wide, high] = axis === 'x' ? [size, height] : [width, size]
  const taps = tapsOf(axis === 'x' ? width : height, size)
  // Clamps what the cubic runs over.
  const data = new Uint8ClampedArray(wide * high * channels)
  // A step along the axis, and the rows or columns beside it.
  const step = axis === 'x' ? channels : width * channels
  const lines = axis === 'x' ? height : 1
  const run = axis === 'x' ? channels : width * channels
  const last = (axis === 'x' ? width : height) - 1
  let to = 0
  for (let line = 0; line < lines; line++) {
    const start = line * width * channels
    for (const { from, weights } of taps) {
      const [a, b, c, d] = weights
      const [p, q, r, s] = [from - 1, from, from + 1, from + 2].map((at) => start + Math.min(last, Math.max(0, at)) * step) as Four
      for (let i = 0; i < run; i++) {
        const sum =
          a * (given[p + i] as number) + b * (given[q + i] as number) + c * (given[r + i] as number) + d * (given[s + i] as number)
        data[to++] = sum
      }
    }
  }
  return { ...pixels, width: wide, height: high, data: new Uint8Array(data.buffer) }
}

type Four = [number, number, number, number]

function tapsOf(from: number, to: number): Tap[] {
  return Array.from({ length: to }, (_, index) => {
    const at = ((index + 0.5) * from) / to - 0.5
    const base = Math.floor(at)
    const t = at - base
    const weights = [
      ((2 - t) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((4 - 3 * t) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ] as const
    return { from: base, weights }
  })
}
