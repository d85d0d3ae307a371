import { type Box, compose, invert, type Matrix, mapBox, mapPoint } from '@imagedoc/core'
import type { PageGeometry } from './geometry.ts'
import type { Runtime } from './heap.ts'
import { type PlacedImage, pixelSizeOf, visitVisible } from './page-objects.ts'

/** The page is looked at in this many columns and rows. */
const CELLS = 64
/** Images that together cover this share of a page make it a picture with something on it. */
const MOSTLY = 0.5
/** What covers less is a logo or a stamp, for which the whole page is not drawn finer. */
const PART = 0.05
/** No scanner's optics see more; beyond it images are glyphs and rules that were scaled down. */
const FINEST = 1200
/** A scan a hair finer than what was asked for (300.3 out of a rounded page) is as fine. */
const CLOSE = 1.02

interface Covering {
  readonly density: number
  readonly cells: ReadonlySet<number>
}

/**
 * The density at which a page keeps what its pictures hold, in dots per inch as the page is shown: `dpi`, or more when images cover most of the page
 * and are finer. Strips, tiles and halves count together; of a coarse background and a fine mask the finer counts.
 */
export function densityFor(runtime: Runtime, page: number, { geometry, dpi }: { geometry: PageGeometry; dpi: number }): number {
  const images = coverings(runtime, page, geometry).sort((one, other) => other.density - one.density)
  const covered = new Set<number>()
  let finest: number | undefined
  for (const { density, cells } of images) {
    for (const cell of cells) covered.add(cell)
    if (finest === undefined && covered.size >= PART * CELLS * CELLS) finest = density
  }
  if (finest === undefined || covered.size < MOSTLY * CELLS * CELLS) return dpi
  const kept = Math.min(Math.round(finest * 100) / 100, FINEST)
  return kept > dpi * CLOSE ? kept : dpi
}

function coverings(runtime: Runtime, page: number, geometry: PageGeometry): Covering[] {
  const userToUnit = compose(invert(geometry.unitToOriginal), geometry.userToOriginal)
  const found: Covering[] = []
  visitVisible(runtime, page, ({ image }) => {
    const toUnit = image && userToUnit && compose(userToUnit, image.matrix)
    if (image && toUnit) found.push({ density: densityOf(runtime, image, { toUnit, geometry }), cells: cellsUnder(toUnit) })
    return true
  })
  return found
}

/** Of the finer of its two directions: a fax has twice as many columns as rows. */
function densityOf(runtime: Runtime, { object }: PlacedImage, { toUnit, geometry }: { toUnit: Matrix; geometry: PageGeometry }): number {
  const { width, height } = pixelSizeOf(runtime, object)
  const [a, b, , c, d] = toUnit
  const across = Math.hypot(a * geometry.width, c * geometry.height) / 72
  const down = Math.hypot(b * geometry.width, d * geometry.height) / 72
  return Math.max(across > 0 ? width / across : 0, down > 0 ? height / down : 0)
}

/** The cells whose middle lies in the image. */
function cellsUnder(toUnit: Matrix): Set<number> {
  const cells = new Set<number>()
  const back = invert(toUnit)
  if (back === null) return cells
  const [left, top, right, bottom] = within(mapBox(toUnit, [0, 0, 1, 1]))
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = mapPoint(back, [(column + 0.5) / CELLS, (row + 0.5) / CELLS])
      if (x >= 0 && x <= 1 && y >= 0 && y <= 1) cells.add(row * CELLS + column)
    }
  }
  return cells
}

function within([x0, y0, x1, y1]: Box): Box {
  const cell = (value: number): number => Math.max(0, Math.min(CELLS, value))
  return [cell(Math.floor(x0 * CELLS)), cell(Math.floor(y0 * CELLS)), cell(Math.ceil(x1 * CELLS)), cell(Math.ceil(y1 * CELLS))]
}
