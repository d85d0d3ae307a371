import type { Grey } from './grey.ts'

/** The deviation of a window half black and half white: Sauvola's R for 8 bit. */
const RANGE = 128

/**
 * Local threshold: a pixel is white when it is lighter than `mean * (1 + k * (deviation / 128 - 1))` of the window around it. Sums slide, so
 * the time does not depend on the window and the memory is a few rows. The window is cut off at the edges.
 * @param options.window edge of the square window in pixels; odd
 * @see Sauvola and Pietikäinen, Adaptive document image binarization, 2000
 */
export function sauvola({ width, height, data }: Grey, { window, k }: { window: number; k: number }): Uint8Array {
  const radius = window >> 1
  const out = new Uint8Array(width * height)
  const sums = new Int32Array(width)
  const squares = new Int32Array(width)
  const slide = (y: number, sign: 1 | -1): void => {
    const row = y * width
    for (let x = 0; x < width; x++) {
      const value = data[row + x] as number
      sums[x]! += sign * value
      squares[x]! += sign * value * value
    }
  }
  for (let y = 0; y < Math.min(radius, height); y++) slide(y, 1)
  for (let y = 0; y < height; y++) {
    if (y + radius < height) slide(y + radius, 1)
    if (y - radius - 1 >= 0) slide(y - radius - 1, -1)
    const rows = Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1
    thresholdRow(
      { from: data.subarray(y * width, (y + 1) * width), to: out.subarray(y * width, (y + 1) * width), sums, squares, rows },
      radius,
      k,
    )
  }
  return out
}

interface Row {
  from: Uint8Array
  to: Uint8Array
  sums: Int32Array
  squares: Int32Array
  rows: number
}

function thresholdRow({ from, to, sums, squares, rows }: Row, radius: number, k: number): void {
  const width = from.length
  let sum = 0
  let square = 0
  for (let x = 0; x < Math.min(radius, width); x++) {
    sum += sums[x] as number
    square += squares[x] as number
  }
  let columns = Math.min(radius, width)
  const spread = (k / RANGE) ** 2
  for (let x = 0; x < width; x++) {
    const enters = x + radius
    const leaves = x - radius - 1
    if (enters < width) {
      sum += sums[enters] as number
      square += squares[enters] as number
      columns++
    }
    if (leaves >= 0) {
      sum -= sums[leaves] as number
      square -= squares[leaves] as number
      columns--
    }
    const count = columns * rows
    const mean = sum / count
    const variance = square / count - mean * mean
    // value > mean * (1 - k) + mean * k * deviation / 128, without the square root.
    const above = (from[x] as number) - mean * (1 - k)
    to[x] = above > 0 && above * above > mean * mean * spread * variance ? 255 : 0
  }
}
