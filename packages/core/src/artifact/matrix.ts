/**
 * Nine numbers, row-major: a homography from this artifact's coordinates to what it was made from (relative) or to the original (absolute).
 * Origin top left, y down, pixel centres at .5.
 */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number]
/** Half open `[x0, y0, x1, y1]`. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number]
/** In pixels or points from the top left, y down; the centre of the first pixel is `[0.5, 0.5]`. */
export type Point = readonly [x: number, y: number]

/** The map that leaves every point where it is. */
export const identity: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]

/** The map of a point that lay `(dx, dy)` further left and up in what this was made from: what a crop's result needs. */
export function translation(dx: number, dy: number): Matrix {
  return [1, 0, dx, 0, 1, dy, 0, 0, 1]
}

/** Multiplies x by `sx` and y by `sy`. */
export function scaling(sx: number, sy: number): Matrix {
  return [sx, 0, 0, 0, sy, 0, 0, 0, 1]
}

/** First `inner`, then `outer`: `compose(outer, inner)` maps p to outer(inner(p)). `null` (no such map) is contagious. */
export function compose(outer: Matrix | null, inner: Matrix | null): Matrix | null {
  if (outer === null || inner === null) return null
  if (outer === identity) return inner
  if (inner === identity) return outer
  const out: number[] = []
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum = 0
      for (let k = 0; k < 3; k++) sum += (outer[row * 3 + k] ?? 0) * (inner[k * 3 + column] ?? 0)
      out.push(sum)
    }
  }
  return out as unknown as Matrix
}

/** The way back, or `null` for a matrix that has none. */
export function invert(matrix: Matrix): Matrix | null {
  const [a, b, c, d, e, f, g, h, i] = matrix
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
  if (!Number.isFinite(det) || Math.abs(det) < 1e-12) return null
  const s = 1 / det
  return [
    (e * i - f * h) * s,
    (c * h - b * i) * s,
    (b * f - c * e) * s,
    (f * g - d * i) * s,
    (a * i - c * g) * s,
    (c * d - a * f) * s,
    (d * h - e * g) * s,
    (b * g - a * h) * s,
    (a * e - b * d) * s,
  ]
}

/** A point through a matrix. */
export function mapPoint(matrix: Matrix, [x, y]: Point): Point {
  const w = matrix[6] * x + matrix[7] * y + matrix[8]
  return [(matrix[0] * x + matrix[1] * y + matrix[2]) / w, (matrix[3] * x + matrix[4] * y + matrix[5]) / w]
}

/** A polygon (x0, y0, x1, y1, …) through a matrix, corner by corner. */
export function mapPolygon(matrix: Matrix, polygon: readonly number[]): number[] {
  const out: number[] = []
  for (let i = 0; i + 1 < polygon.length; i += 2) out.push(...mapPoint(matrix, [polygon[i] ?? 0, polygon[i + 1] ?? 0]))
  return out
}

/** The smallest box around a box's four mapped corners. */
export function mapBox(matrix: Matrix, [x0, y0, x1, y1]: Box): Box {
  const corners = mapPolygon(matrix, [x0, y0, x1, y0, x1, y1, x0, y1])
  const xs = corners.filter((_, i) => i % 2 === 0)
  const ys = corners.filter((_, i) => i % 2 === 1)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}
