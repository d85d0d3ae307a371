import { type Components, eraseComponents, findComponents } from '@imagedoc/core'
import { createReach, type Reach, type Zone, zones } from './reach-of-letters.ts'
import { type Row, rowsOfDots, rowWindow } from './rows-of-dots.ts'

/** A bilevel page that may be written into: 0 is black, 255 white. */
interface Page {
  data: Uint8Array
  width: number
  height: number
}

/** Black pixels of the largest speck at 300 dots an inch; a full stop of 6 points has more. */
const LARGEST_AT_300 = 4
/** At every scale: less would leave all the dirt of a coarse scan. */
const LEAST_LARGEST = 4
/**
 * Specks of a size are marks of the text when there are this many times as many in a zone as dirt elsewhere makes likely. A lost point changes a
 * number, a grain that stays where a point could be changes little.
 */
const OFTENER = { [zones.near]: 2.5, [zones.place]: 1.7 }
/** A few grains away from the text say nothing about those in it. */
const GRAINS = 2
/** So many dots at even distances are a row also where no mark is near. */
const ROW = 5
/** How often dirt may be where the next dot of a row would be, before dirt would make rows. */
const LIKELY = 0.1
/** Of the page at least this share counts as away from letters, so that a few grains in the margin of a full page are not multiplied. */
const LEAST_AWAY = 0.02

/** Erases specks of at most so many pixels, wherever they are. `data` is written into. */
export function eraseSmall({ data, width, height }: Page, largest: number): void {
  const components = findComponents(data, width, height)
  eraseComponents(data, width, { components, unwanted: (root) => (components.area[root] as number) <= largest })
}

/**
 * Erases dirt and keeps the small marks of the text: dots, points, accents, leaders. How large a speck is at most follows from the resolution. One
 * that stands alone is dirt. One within reach of a letter, or in a row with such, is a mark, unless the page has dirt of that size everywhere.
 * `data` is written into.
 */
export function eraseSpecks(page: Page, dpi: number): void {
  const { data, width, height } = page
  const components = findComponents(data, width, height)
  const largest = Math.max(LEAST_LARGEST, Math.round(LARGEST_AT_300 * (dpi / 300) ** 2))
  const specks = specksOf(components, largest)
  if (specks.length === 0) return
  const kept = marksAmong(specks, { components, reach: createReach(components, page, { dpi, largest }), dpi })
  eraseComponents(data, width, { components, unwanted: (root) => (components.area[root] as number) <= largest && !kept.has(root) })
}

function specksOf({ count, root, area }: Components, largest: number): number[] {
  const specks: number[] = []
  for (let run = 0; run < count; run++) if (root[run] === run && (area[run] as number) <= largest) specks.push(run)
  return specks
}

interface Place {
  components: Components
  reach: Reach
  dpi: number
}

/** The specks that are marks by where they are, by the marks they stand in a row with, or as a row of their own. */
function marksAmong(specks: readonly number[], { components, reach, dpi }: Place): Set<number> {
  const zone = new Map(specks.map((root) => [root, reach.zoneOf(root)]))
  const rows = new Set(rowsOfDots(components, specks, { dpi, way: 'across' }).flatMap(({ even, dots }) => (even ? dots : [])))
  const believed = believer({ specks, rows, zone, reach, area: components.area })
  const kept = new Set(specks.filter((root) => believed(root, zone.get(root) as Zone)))
  const dirt = specks.filter((root) => zone.get(root) === zones.away && !rows.has(root)).length
  const byChance = (dirt * rowWindow(dpi)) / Math.max(1, reach.cells[zones.away] * reach.cellArea)
  const clear = specks.filter((root) => kept.has(root) || believed(root, zones.near))
  // Dirt in a row makes it uneven: the row is looked for without what may be dirt, too.
  for (const dots of byChance < LIKELY ? [clear, specks] : [clear]) {
    for (const way of ['across', 'down'] as const) addRows(kept, rowsOfDots(components, dots, { dpi, way }))
  }
  return kept
}

function addRows(kept: Set<number>, rows: readonly Row[]): void {
  for (const { dots, even } of rows) {
    if ((even && dots.length >= ROW) || dots.some((dot) => kept.has(dot))) for (const dot of dots) kept.add(dot)
  }
}

interface Census {
  specks: readonly number[]
  /** Those in even rows: leaders that begin far from their words are no dirt. */
  rows: ReadonlySet<number>
  zone: ReadonlyMap<number, Zone>
  reach: Reach
  area: Int32Array
}

/** Whether specks as large as this one, in a zone, are more than dirt that fell there as it fell elsewhere. */
function believer({ specks, rows, zone, reach, area }: Census): (root: number, where: Zone) => boolean {
  const count = new Map<string, number>()
  const kind = (root: number, where: Zone | undefined): string => `${where} ${area[root]}`
  for (const root of specks) {
    const of = kind(root, zone.get(root))
    if (zone.get(root) !== zones.away || !rows.has(root)) count.set(of, (count.get(of) ?? 0) + 1)
  }
  const cells = reach.cells[zones.away] + reach.cells[zones.near] + reach.cells[zones.place]
  const away = Math.max(cells * LEAST_AWAY, reach.cells[zones.away])
  return (root, where) => {
    if (where === zones.away) return false
    const dirt = Math.max(0, (count.get(kind(root, zones.away)) ?? 0) - GRAINS)
    return dirt === 0 || (count.get(kind(root, where)) ?? 0) > (OFTENER[where] * dirt * reach.cells[where]) / away
  }
}
