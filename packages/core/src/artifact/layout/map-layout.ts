import { type Matrix, mapBox, mapPoint, mapPolygon } from '../matrix.ts'
import type { Layout, LineTraits, Placed } from './layout.ts'
import { type Part, withInner } from './parts.ts'

/**
 * A layout on another grid: every box (as the smallest one around its corners), polygon and base line through `matrix`, which leads from the layout's
 * own coordinates to those of `page`, and the angles of its texts turned with them. For the untouched original, `matrix` is that of the layout's origin.
 */
export function mapLayout(
  layout: Layout,
  matrix: Matrix,
  { width, height, density }: Pick<Layout, 'width' | 'height' | 'density'>,
): Layout {
  const turn = turnOf(matrix, layout)
  const { angle = 0, ...rest } = layout
  const whole = turned(angle, turn)
  return withInner({ ...rest, width, height, density, ...(whole !== 0 && { angle: whole }) }, (block) => mapPart(block, { matrix, turn }))
}

type Lines = { readonly baseline?: readonly number[] }

function mapPart(part: Part, how: { matrix: Matrix; turn: number }): Part {
  const { box, polygon, baseline, angle } = part as Part & Partial<Placed> & Lines & LineTraits
  const mapped = {
    ...part,
    ...(box && { box: mapBox(how.matrix, box) }),
    ...(polygon && { polygon: mapPolygon(how.matrix, polygon) }),
    ...(baseline && { baseline: mapPolygon(how.matrix, baseline) }),
    ...(angle !== undefined && { angle: turned(angle, how.turn) }),
  }
  return withInner(mapped, (inner) => mapPart(inner, how))
}

/** Degrees clockwise by which a level line in the middle of the page comes to lie. */
function turnOf(matrix: Matrix, { width, height }: Layout): number {
  const [x0, y0] = mapPoint(matrix, [width / 2, height / 2])
  const [x1, y1] = mapPoint(matrix, [width / 2 + 1, height / 2])
  return (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI
}

/** From -180 up to 180, to a thousandth. */
function turned(angle: number, turn: number): number {
  const thousandths = Math.round((angle + turn) * 1000)
  return ((((thousandths + 180_000) % 360_000) + 360_000) % 360_000) / 1000 - 180
}
