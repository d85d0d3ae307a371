import type { Components } from '@imagedoc/core'

/** The way dots follow one another: leaders and dotted rules along a line; a colon's points, and dotted rules between columns, down the page. */
export type Way = 'across' | 'down'

/** From one dot to the next at most, in points: leaders of the largest type that is usual in a table of contents; the points of a colon. */
const STEP_POINTS: Record<Way, number> = { across: 14, down: 7 }
/** How far two dots may be out of line, in points; never less than a pixel. */
const LEVEL_POINTS = 0.7
/** How far the distances in an even row may differ, as a share; never less than a pixel. */
const UNEVEN = 0.2

/** The pixels behind a dot in which the next one of its row is looked for. */
export function rowWindow(dpi: number): number {
  return (STEP_POINTS.across * dpi * 2 * levelOf(dpi)) / 72
}

const levelOf = (dpi: number): number => Math.max(1, (LEVEL_POINTS * dpi) / 72)

/** Dots in rows, each from its first to its last; a dot that stands alone is a row of one. */
export function rowsOfDots(components: Components, dots: readonly number[], { dpi, way }: { dpi: number; way: Way }): Row[] {
  const places = dots.map((dot) => placeOf(components, dot, way)).sort((a, b) => a.along - b.along)
  const next = nextInRow(places, { step: (STEP_POINTS[way] * dpi) / 72, level: levelOf(dpi) })
  const follows = new Set(next.values())
  return places.filter((place) => !follows.has(place)).map((first) => rowFrom(first, next))
}

/** Dots that follow one another. */
export interface Row {
  readonly dots: readonly number[]
  /** Whether the distances are the same: dirt falls so by chance only where there is much of it. */
  readonly even: boolean
}

interface Place {
  readonly dot: number
  readonly along: number
  readonly across: number
}

function placeOf({ left, right, top, bottom }: Components, dot: number, way: Way): Place {
  const x = ((left[dot] as number) + (right[dot] as number)) / 2
  const y = ((top[dot] as number) + (bottom[dot] as number)) / 2
  return way === 'across' ? { dot, along: x, across: y } : { dot, along: y, across: x }
}

function rowFrom(first: Place, next: ReadonlyMap<Place, Place>): Row {
  const row: Place[] = []
  for (let place: Place | undefined = first; place !== undefined; place = next.get(place)) row.push(place)
  const steps = row.slice(1).map((place, index) => place.along - (row[index] as Place).along)
  const [least, most] = [Math.min(...steps), Math.max(...steps)]
  return { dots: row.map(({ dot }) => dot), even: row.length > 2 && most - least <= Math.max(1, most * UNEVEN) }
}

/** For each place the nearest one behind it in line; no two have the same. */
function nextInRow(places: readonly Place[], { step, level }: { step: number; level: number }): Map<Place, Place> {
  const strips = Map.groupBy(places, ({ across }) => Math.floor(across / level))
  const taken = new Set<Place>()
  const next = new Map<Place, Place>()
  for (const place of places) {
    const fits = (other: Place): boolean => !taken.has(other) && Math.abs(other.across - place.across) <= level
    const nearest = [-1, 0, 1]
      .flatMap((offset) => firstBehind(strips.get(Math.floor(place.across / level) + offset) ?? [], place, fits) ?? [])
      .sort((a, b) => a.along - b.along)[0]
    if (nearest === undefined || nearest.along - place.along > step) continue
    taken.add(nearest)
    next.set(place, nearest)
  }
  return next
}

function firstBehind(strip: readonly Place[], { along }: Place, fits: (other: Place) => boolean): Place | undefined {
  let [low, high] = [0, strip.length]
  while (low < high) {
    const half = (low + high) >> 1
    if ((strip[half] as Place).along <= along) low = half + 1
    else high = half
  }
  return strip.slice(low, low + 4).find(fits)
}
