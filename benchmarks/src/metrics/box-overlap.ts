/** `[x0, y0, x1, y1]`, half-open. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number]

/** Intersection over union of two boxes: 0 apart, 1 equal. */
export function boxOverlap(one: Box, other: Box): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0])
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1])
  if (width <= 0 || height <= 0) return 0
  const common = width * height
  return common / (area(one) + area(other) - common)
}

const area = (box: Box) => (box[2] - box[0]) * (box[3] - box[1])
