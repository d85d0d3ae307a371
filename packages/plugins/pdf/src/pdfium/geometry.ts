import { compose, type Matrix, mapBox, type OriginalSize, scaling } from '@imagedoc/core'
import type { Runtime } from './heap.ts'

/** A page's size in points as it is shown (after /Rotate), and where its places are in the document. */
export interface PageGeometry {
  readonly width: number
  readonly height: number
  /** From PDF user space (y up) to points from the top left of the unrotated CropBox (y down). */
  readonly userToOriginal: Matrix
  /** From the unit square of the page as shown (origin top left, y down) to the same points. */
  readonly unitToOriginal: Matrix
  /** Of the unrotated CropBox. */
  readonly original: OriginalSize
}

/** PDFium's device coordinates are whole numbers; the affine map is read off the corners of a grid that is fine enough. */
const GRID = 1 << 20

/**
 * Reads a page's boxes and rotation through PDFium, which knows of inherited and missing ones.
 * @param userUnit points to a unit of the page (/UserUnit), which PDFium does not read
 */
export function geometryOf({ api, heap }: Runtime, page: number, userUnit = 1): PageGeometry {
  const user = (x: number, y: number): readonly [number, number] => {
    api.FPDF_DeviceToPage(page, 0, 0, GRID, GRID, 0, x, y, heap.scratch, heap.scratch + 8)
    const [ux = 0, uy = 0] = heap.doubles(2)
    return [ux, uy]
  }
  const [origin, right, down, far] = [user(0, 0), user(GRID, 0), user(0, GRID), user(GRID, GRID)]
  const left = Math.min(origin[0], right[0], down[0], far[0])
  const top = Math.max(origin[1], right[1], down[1], far[1])
  const unitToUser: Matrix = [
    right[0] - origin[0],
    down[0] - origin[0],
    origin[0],
    right[1] - origin[1],
    down[1] - origin[1],
    origin[1],
    0,
    0,
    1,
  ]
  const userToOriginal: Matrix = [userUnit, 0, -left * userUnit, 0, -userUnit, top * userUnit, 0, 0, 1]
  const unitToOriginal = compose(userToOriginal, unitToUser) ?? unitToUser
  return {
    width: api.FPDF_GetPageWidthF(page) * userUnit,
    height: api.FPDF_GetPageHeightF(page) * userUnit,
    userToOriginal,
    unitToOriginal,
    original: sizeOf(unitToOriginal),
  }
}

/** To a thousandth of a point: the map is read off a grid. */
function sizeOf(unitToOriginal: Matrix): OriginalSize {
  const [x0, y0, x1, y1] = mapBox(unitToOriginal, [0, 0, 1, 1])
  const rounded = (length: number): number => Math.round(length * 1000) / 1000
  return { width: rounded(x1 - x0), height: rounded(y1 - y0), unit: 'pt' }
}

/** From the pixels of the whole page, `width` x `height` of them, to the document. */
export function rasterToOriginal(geometry: PageGeometry, size: { width: number; height: number }): Matrix | null {
  return compose(geometry.unitToOriginal, scaling(1 / size.width, 1 / size.height))
}
