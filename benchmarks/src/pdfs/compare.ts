/** A page as three bytes a pixel. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Pixels around one among whose colours its own may lie: readers set letters and smooth edges a little differently. */
const RADIUS = 2
/** How far a channel may be outside of what is found there (0..255). */
const TOLERANCE = 48

/**
 * The share of pixels of either drawing whose colour does not lie between the colours nearby in the other, 0..1. What one lacks is seen, also a
 * thin line; what one smooths is not.
 * @throws RangeError unless both have the same size
 */
export function difference(one: Drawing, other: Drawing): number {
  if (one.width !== other.width || one.height !== other.height) throw new RangeError('Only drawings of one size are compared.')
  return Math.max(unmatched(one, other), unmatched(other, one))
}

function unmatched(one: Drawing, other: Drawing): number {
  const { width, height, data } = one
  let count = 0
  for (let at = 0; at < data.length; at += 3) {
    // Most pixels are the same in both: the neighbours are asked for the others only.
    if (isWithin(one, at, { least: other.data, most: other.data, from: at })) continue
    if (!isWithin(one, at, { ...nearby(other, at / 3), from: 0 })) count++
  }
  return count / (width * height)
}

function isWithin({ data }: Drawing, at: number, { least, most, from }: { least: Uint8Array; most: Uint8Array; from: number }): boolean {
  for (let channel = 0; channel < 3; channel++) {
    const value = data[at + channel] ?? 0
    if (value < (least[from + channel] ?? 0) - TOLERANCE || value > (most[from + channel] ?? 0) + TOLERANCE) return false
  }
  return true
}

/** The least and greatest value of each channel around a pixel. */
function nearby({ width, height, data }: Drawing, pixel: number): { least: Uint8Array; most: Uint8Array } {
  const [x, y] = [pixel % width, Math.floor(pixel / width)]
  const [least, most] = [new Uint8Array([255, 255, 255]), new Uint8Array(3)]
  for (let row = Math.max(0, y - RADIUS); row <= Math.min(height - 1, y + RADIUS); row++) {
    for (let column = Math.max(0, x - RADIUS); column <= Math.min(width - 1, x + RADIUS); column++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = data[(row * width + column) * 3 + channel] ?? 0
        if (value < (least[channel] ?? 0)) least[channel] = value
        if (value > (most[channel] ?? 0)) most[channel] = value
      }
    }
  }
  return { least, most }
}
