import { describe, expect, it } from 'vitest'
import { compose, identity, invert, type Matrix, mapBox, mapPoint, mapPolygon, type Point, scaling, translation } from '../../src/index.ts'

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const random = seeded(42)
const between = (from: number, to: number): number => from + random() * (to - from)

function affine(): Matrix {
  const angle = between(-Math.PI, Math.PI)
  const [sx, sy, shear] = [between(0.2, 4), between(0.2, 4), between(-0.5, 0.5)]
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  return [sx * cos, shear - sin * sy, between(-500, 500), sx * sin, sy * cos + shear, between(-500, 500), 0, 0, 1]
}

/** A mild one, as of a photographed page: its horizon lies far outside of the page. */
function homography(): Matrix {
  const [a, b, c, d, e, f] = affine()
  return [a, b, c, d, e, f, between(-2e-5, 2e-5), between(-2e-5, 2e-5), 1]
}

const point = (): Point => [between(0, 2000), between(0, 3000)]
const near = (a: Point, b: Point): void => {
  expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeLessThan(1e-5 * (1 + Math.hypot(...b)))
}
const usable = (matrix: Matrix): boolean => Math.abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]) > 0.05

const maps = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? affine() : homography())).filter(usable)

describe('a matrix', () => {
  it('composes: first the inner one, then the outer one', () => {
    for (const [index, inner] of maps.entries()) {
      const outer = maps[(index + 7) % maps.length] as Matrix
      const p = point()
      near(mapPoint(compose(outer, inner) as Matrix, p), mapPoint(outer, mapPoint(inner, p)))
    }
    expect(mapPoint(compose(scaling(2, 2), translation(3, 0)) as Matrix, [1, 1])).toEqual([8, 2])
  })

  it('composes in any grouping', () => {
    for (let index = 0; index + 2 < maps.length; index += 3) {
      const [a, b, c] = maps.slice(index, index + 3) as [Matrix, Matrix, Matrix]
      const p = point()
      near(mapPoint(compose(compose(a, b), c) as Matrix, p), mapPoint(compose(a, compose(b, c)) as Matrix, p))
    }
  })

  it('has a way back', () => {
    for (const matrix of maps) {
      const p = point()
      near(mapPoint(invert(matrix) as Matrix, mapPoint(matrix, p)), p)
    }
    expect(invert(scaling(1, 0))).toBeNull()
    expect(invert([0, 0, 0, 0, 0, 0, 0, 0, 0])).toBeNull()
    expect(invert([Number.NaN, 0, 0, 0, 1, 0, 0, 0, 1])).toBeNull()
  })

  it('that is missing makes everything above it missing', () => {
    expect(compose(null, identity)).toBeNull()
    expect(compose(identity, null)).toBeNull()
    expect(compose(identity, identity)).toEqual(identity)
  })

  it('maps boxes to the box around their corners, and polygons corner by corner', () => {
    const quarterTurn: Matrix = [0, -1, 100, 1, 0, 0, 0, 0, 1]
    expect(mapBox(quarterTurn, [10, 20, 30, 60])).toEqual([40, 10, 80, 30])
    expect(mapPolygon(quarterTurn, [10, 20, 30, 60])).toEqual([80, 10, 40, 30])
    for (const matrix of maps.slice(0, 50)) {
      const [x0, y0, x1, y1] = mapBox(matrix, [0, 0, 100, 50])
      const [x, y] = mapPoint(matrix, [50, 25])
      expect(x >= x0 && x <= x1 && y >= y0 && y <= y1).toBe(true)
    }
  })
})
