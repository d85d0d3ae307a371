import type { Pixels } from '../artifact/kind.ts'
import { type Components, findComponents } from './components.ts'
import { type Area, type InkMap, inkOf } from './ink.ts'

/** A page is measured on a copy of about this many pixels: an A4 page then has letters about ten pixels high. */
const COPY_PIXELS = 2_500_000
/** Letters lower than this on the copy are measured again on a finer one. */
const COARSE = 6
/** Fewer letters prove nothing. */
const LEAST_LETTERS = 30
/** Of the marks on a page at least this share are letters: text 0.19 and more, dots of a screen 0.04, noise 0.01 to 0.16. */
const LEAST_SHARE = 0.06
/** How many times as many letters stand in lines one way as the other: text 10 and more, dots of a screen 2, noise 1. */
const LEAST_ONE_WAY = 2.5
/** What may be a letter, in pixels of the copy. */
const LOWEST = 4
const HIGHEST = 300

/** The median height of the letters of a page in its pixels, between that of an x and of an l; null where there are too few. */
export function letterHeight(pixels: Pixels): number | null {
  const whole: Area = { left: 0, top: 0, width: pixels.width, height: pixels.height }
  let factor = Math.max(1, Math.round(Math.sqrt((pixels.width * pixels.height) / COPY_PIXELS)))
  let height = heightOn(inkOf(pixels, whole, factor))
  while (factor > 1 && (height === null || height < COARSE)) {
    factor >>= 1
    const finer = heightOn(inkOf(pixels, middleOf(pixels, factor), factor))
    // The middle of a page may be blank where the page is not.
    if (finer === null) continue
    height = finer
  }
  return height === null ? null : height * factor
}

/** As much of the middle of the page as the copy has pixels for. */
function middleOf({ width, height }: Pixels, factor: number): Area {
  const share = Math.min(1, Math.sqrt((COPY_PIXELS * factor * factor) / (width * height)))
  const size = { width: Math.floor(width * share), height: Math.floor(height * share) }
  return { left: (width - size.width) >> 1, top: (height - size.height) >> 1, ...size }
}

/**
 * Lines run across the page or, on a page that lies on its side, along it; the grain of paper and the dots of a printed picture make as many of
 * both, and few.
 */
function heightOn(ink: InkMap): number | null {
  const marks = marksOf(findComponents(ink.data, ink.width, ink.height))
  const across = lettersOf(marks)
  const along = across.length > marks.length / 2 ? [] : lettersOf(marks.map(onItsSide))
  const [letters, others] = across.length < along.length ? [along, across] : [across, along]
  if (letters.length < LEAST_LETTERS || letters.length < marks.length * LEAST_SHARE) return null
  if (letters.length < others.length * LEAST_ONE_WAY) return null
  const heights = letters.map(heightOf).sort((a, b) => a - b)
  return heights[heights.length >> 1] as number
}

interface Mark {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const heightOf = (mark: Mark): number => mark.bottom - mark.top
const widthOf = (mark: Mark): number => mark.right - mark.left
const onItsSide = ({ left, right, top, bottom }: Mark): Mark => ({ left: top, right: bottom, top: left, bottom: right })

/** The marks that stand in a line with others of their size, as letters do, and specks and rules do not. */
function lettersOf(marks: readonly Mark[]): Mark[] {
  const rows: Mark[][] = []
  for (const mark of marks.toSorted((a, b) => a.left - b.left)) {
    const row = Math.floor(mark.bottom / LOWEST)
    rows[row] = rows[row] ?? []
    rows[row].push(mark)
  }
  return marks.filter((mark) => hasNeighbours(mark, rows))
}

function marksOf(found: Components): Mark[] {
  const marks: Mark[] = []
  for (let run = 0; run < found.count; run++) if (found.root[run] === run) marks.push(...markOf(found, run))
  return marks
}

function markOf(found: Components, root: number): Mark[] {
  const [left, right] = [found.left[root] as number, found.right[root] as number]
  const [top, bottom] = [found.top[root] as number, found.bottom[root] as number]
  const [long, short] = [Math.max(right - left, bottom - top), Math.min(right - left, bottom - top)]
  const solid = (found.area[root] as number) / (long * short)
  const letter = long >= LOWEST && short <= HIGHEST && short >= long * 0.12 && solid > 0.1 && solid < 0.9
  return letter ? [{ left, right, top, bottom }] : []
}

/** One on each side at a letter's distance, on the same line and of a similar height. */
function hasNeighbours(mark: Mark, rows: readonly Mark[][]): boolean {
  const height = heightOf(mark)
  if (height < LOWEST || height > HIGHEST || widthOf(mark) > height * 5) return false
  const reach = height * 1.5
  const slack = Math.max(1, height * 0.3)
  const near = (other: Mark): boolean =>
    other !== mark && Math.abs(other.bottom - mark.bottom) <= slack && heightOf(other) <= height * 1.8 && heightOf(other) >= height * 0.55
  let [before, after] = [false, false]
  const last = Math.floor((mark.bottom + slack) / LOWEST)
  for (let row = Math.max(0, Math.floor((mark.bottom - slack) / LOWEST)); row <= last; row++) {
    for (const other of within(rows[row] ?? [], mark.left - reach - HIGHEST, mark.right + reach)) {
      if (!near(other)) continue
      if (other.right <= mark.left + 2 && mark.left - other.right <= reach) before = true
      if (other.left >= mark.right - 2 && other.left - mark.right <= reach) after = true
      if (before && after) return true
    }
  }
  return false
}

/** Those of a row, sorted by their left edge, that begin between two places. */
function within(row: readonly Mark[], from: number, to: number): readonly Mark[] {
  let [low, high] = [0, row.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((row[middle] as Mark).left < from) low = middle + 1
    else high = middle
  }
  let end = low
  while (end < row.length && (row[end] as Mark).left <= to) end++
  return row.slice(low, end)
}
