import type { Box } from '@imagedoc/core'
import type { Runtime } from './heap.ts'

/** More segments than a rectangle has: no longer a box that could be compared. */
const RECTANGLE_SEGMENTS = 6

/**
 * The box that an object's clip paths leave, in the coordinates that its own matrix maps to; `null` when one of them is no rectangle,
 * `undefined` when nothing is clipped.
 */
export function clipBoxOf({ api, heap }: Runtime, object: number): Box | null | undefined {
  const clip = api.FPDFPageObj_GetClipPath(object)
  const paths = clip === 0 ? 0 : api.FPDFClipPath_CountPaths(clip)
  let left: Box | undefined
  for (let path = 0; path < paths; path++) {
    const segments = api.FPDFClipPath_CountPathSegments(clip, path)
    if (segments < 0 || segments > RECTANGLE_SEGMENTS) return null
    const xs: number[] = []
    const ys: number[] = []
    for (let index = 0; index < segments; index++) {
      api.FPDFPathSegment_GetPoint(api.FPDFClipPath_GetPathSegment(clip, path, index), heap.scratch, heap.scratch + 4)
      const [x = 0, y = 0] = heap.floats(2)
      xs.push(x)
      ys.push(y)
    }
    if (segments > 0 && !isRectangle(xs, ys)) return null
    if (segments > 0) left = intersect(left, [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)])
  }
  return left
}

/** Off by this many points is still straight. */
const STRAIGHT = 0.05

/** Every point in a corner of the box, all four corners there, and from each to the next along one side: not a triangle, a bow or a rhombus. */
function isRectangle(xs: readonly number[], ys: readonly number[]): boolean {
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const near = (one: number, other: number): boolean => Math.abs(one - other) <= STRAIGHT
  const corners = xs.map((x, index) => {
    const y = ys[index] ?? 0
    const column = near(x, left) ? 0 : near(x, right) ? 1 : -1
    const row = near(y, bottom) ? 0 : near(y, top) ? 2 : -1
    return column < 0 || row < 0 ? -1 : column + row
  })
  if (corners.includes(-1) || new Set(corners).size < 4) return false
  // Corners 0 and 3, and 1 and 2, lie across from each other.
  return corners.every((corner, index) => index === 0 || corner + (corners[index - 1] ?? 0) !== 3)
}

function intersect(one: Box | undefined, other: Box): Box {
  if (one === undefined) return other
  return [Math.max(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]), Math.min(one[3], other[3])]
}
