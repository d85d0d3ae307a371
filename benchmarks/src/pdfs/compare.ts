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
  const least = spread(other, Math.min)
  const most = spread(other, Math.max)
  let count = 0
  for (let at = 0; at < one.data.length; at += 3) {
    for (let channel = at; channel < at + 3; channel++) {
      const value = one.data[channel] ?? 0
      if (value >= (least[channel] ?? 0) - TOLERANCE && value <= (most[channel] ?? 0) + TOLERANCE) continue
      count++
      break
    }
  }
  return count / (one.width * one.height)
}

/** The least or greatest value nearby, first along the rows, then along the columns. */
function spread({ width, height, data }: Drawing, choose: (one: number, other: number) => number): Uint8Array {
  const line = width * 3
  return along(along(data, { step: 3, reach: line }, choose), { step: line, reach: line * height }, choose)
}

/** `reach`: within so many bytes from a line's start its neighbours lie. */
function along(
  data: Uint8Array,
  { step, reach }: { step: number; reach: number },
  choose: (one: number, other: number) => number,
): Uint8Array {
  const out = new Uint8Array(data.length)
  for (let at = 0; at < data.length; at++) {
    const start = at - (at % reach)
    let value = data[at] ?? 0
    for (let away = -RADIUS; away <= RADIUS; away++) {
      const there = at + away * step
      if (there >= start && there < start + reach) value = choose(value, data[there] ?? 0)
    }
    out[at] = value
  }
  return out
}
