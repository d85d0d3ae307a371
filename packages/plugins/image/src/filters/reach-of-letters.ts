import type { Components } from '@imagedoc/core'
import { usualLetter } from './letter-size.ts'

/** Where a small area is: away from letters; within their reach; or just where full stops and the dots of an i stand. */
export const zones = { away: 0, near: 1, place: 2 } as const
export type Zone = (typeof zones)[keyof typeof zones]

/** The zones of a page. */
export interface Reach {
  /** How many cells of the page each zone has. */
  readonly cells: Readonly<Record<Zone, number>>
  /** Pixels of a cell. */
  readonly cellArea: number
  /** The zone of the middle of an area. */
  zoneOf(root: number): Zone
}

/** What may be a letter or letters joined to a word, in heights of a usual letter. */
const LETTER = { lowest: 0.4, highest: 8, widest: 30 }
/** How far from a letter its marks are, in its own height: a full stop beside it, an accent above, a cedilla or a vowel point below. */
const MARKS = { beside: 0.6, above: 0.6, below: 0.5 }
/** A full stop: on the right, its middle above the foot of the letter; nearly below it after a letter that ends in the air. */
const STOP = { beside: 0.6, above: 0.25, below: 0.1 }
/** The dot of an i, two dots, an accent: over the letter, a little to either side. */
const DOT = { beside: 0.05, farthest: 0.5 }
/** A letter's height counts within these bounds, in heights of a usual one: joined or broken letters do not reach further or less far. */
const HEIGHT = { least: 0.8, most: 3 }
/** Cells a letter's height is measured in. */
const FINENESS = 7

/** The boxes of what may be letters, each with its surroundings. `largest`: area of the largest speck. */
export function createReach(components: Components, page: Size, { dpi, largest }: { dpi: number; largest: number }): Reach {
  const usual = usualLetter(dpi)
  const cell = Math.max(1, Math.round(usual / FINENESS))
  const grid = createGrid(page, cell)
  for (let root = 0; root < components.count; root++) {
    if (components.root[root] !== root || (components.area[root] as number) <= largest) continue
    for (const { zone, box } of placesOf(components, root, usual)) grid.fill(zone, box)
  }
  const { left, right, top, bottom } = components
  return {
    cells: grid.count(),
    cellArea: cell * cell,
    zoneOf: (root) =>
      grid.at(((left[root] as number) + (right[root] as number)) / 2, ((top[root] as number) + (bottom[root] as number)) / 2),
  }
}

interface Size {
  width: number
  height: number
}

type Box = readonly [number, number, number, number]

/** The places of a letter's marks; none of what is no letter. */
function placesOf({ left, right, top, bottom }: Components, root: number, usual: number): { zone: Zone; box: Box }[] {
  const [x0, y0, x1, y1] = [left[root] as number, top[root] as number, right[root] as number, bottom[root] as number]
  const long = Math.max(x1 - x0, y1 - y0)
  if (long < usual * LETTER.lowest || y1 - y0 > usual * LETTER.highest || x1 - x0 > usual * LETTER.widest) return []
  const height = Math.min(usual * HEIGHT.most, Math.max(usual * HEIGHT.least, y1 - y0))
  const { beside, above, below } = MARKS
  return [
    { zone: zones.near, box: [x0 - height * beside, y0 - height * above, x1 + height * beside, y1 + height * below] },
    { zone: zones.place, box: [x1, y1 - height * STOP.above, x1 + height * STOP.beside, y1 + height * STOP.below] },
    { zone: zones.place, box: [x0 - height * DOT.beside, y0 - height * DOT.farthest, x1 + height * DOT.beside, y0] },
  ]
}

interface Grid {
  fill(zone: Zone, box: Box): void
  at(x: number, y: number): Zone
  count(): Record<Zone, number>
}

function createGrid(page: Size, cell: number): Grid {
  const [width, height] = [Math.ceil(page.width / cell), Math.ceil(page.height / cell)]
  const cells = new Uint8Array(width * height)
  return {
    fill(zone, [x0, y0, x1, y1]) {
      const [left, right] = [Math.max(0, Math.floor(x0 / cell)), Math.min(width, Math.ceil(x1 / cell))]
      const last = Math.min(height, Math.ceil(y1 / cell))
      for (let y = Math.max(0, Math.floor(y0 / cell)); y < last; y++)
        for (let at = y * width + left; at < y * width + right; at++) if ((cells[at] as number) < zone) cells[at] = zone
    },
    at: (x, y) => cells[Math.floor(y / cell) * width + Math.floor(x / cell)] as Zone,
    count() {
      const found = { 0: 0, 1: 0, 2: 0 }
      for (const zone of cells) found[zone as Zone]++
      return found
    },
  }
}
