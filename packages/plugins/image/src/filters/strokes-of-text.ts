import type { Components } from '@imagedoc/core'
import { isLetterSized, usualLetter } from './letter-size.ts'

/** A straight stroke, half open, in pixels. */
export interface Stroke extends Box {
  readonly level: boolean
  /** A black pixel of it. */
  readonly begin: { readonly x: number; readonly y: number }
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** What stands on the page around a stroke. */
export interface Surroundings {
  readonly letters: readonly Box[]
  /** Areas that may be letters of a title: as high as any, and neither slim nor a frame. */
  readonly large: readonly Box[]
  /** The box of the area that a place belongs to. */
  areaAt(x: number, y: number): Box | undefined
  /** Pixels of a usual letter's height, and of an inch. */
  readonly usual: number
  readonly inch: number
}

/** Letters of a title are at most so many inches high. */
const TITLE_INCHES = 3
/** Neighbours of a large letter: top and foot differ by this share of its height, and they are within so many heights. */
const NEIGHBOUR = { level: 0.15, near: 2.5, least: 2 }
/** A letter is at least this wide for its height, and this much of its box is black; a rule and a frame are less. */
const LARGE = { wide: 0.3, black: 0.06 }
/** Inches of the longest dash, and of the longest bar of a fraction. */
const LONGEST = { dash: 1.5, bar: 2.5 }
/** A dash stands at this part of the height of the letter beside it, from the top, at most so many heights away. */
const DASH = { highest: 0.25, lowest: 0.8, near: 1.5 }
/** In usual letters' heights: how near a fraction's bar the letters above and below are, and how far to its sides there are no others. */
const BAR = { near: 1.3, within: 0.4, alone: 2 }

export function createSurroundings(components: Components, dpi: number): Surroundings {
  const usual = usualLetter(dpi)
  const [letters, large]: [Box[], Box[]] = [[], []]
  for (let root = 0; root < components.count; root++) {
    if (components.root[root] !== root) continue
    if (isLetterSized(components, root, usual)) letters.push(boxOf(components, root))
    if (isLarge(components, root, dpi)) large.push(boxOf(components, root))
  }
  return { letters, large, usual, inch: dpi, areaAt: (x, y) => areaAt(components, x, y) }
}

/** Whether a straight stroke belongs to the text: a stem or an arm of a large letter, a long dash, the bar of a fraction. */
export function isStroke(stroke: Stroke, around: Surroundings): boolean {
  const area = around.areaAt(stroke.begin.x, stroke.begin.y) ?? stroke
  if (isOfTitle(area, around)) return true
  return stroke.level && area.bottom - area.top <= (stroke.bottom - stroke.top) * 2 + 2 && (isDash(area, around) || isBar(area, around))
}

/** Other letters as high stand beside it. */
function isOfTitle(area: Box, { large, inch }: Surroundings): boolean {
  const height = area.bottom - area.top
  if (height > inch * TITLE_INCHES || area.right - area.left > height * 3) return false
  const slack = height * NEIGHBOUR.level
  const beside = large.filter(
    (other) =>
      Math.abs(other.top - area.top) <= slack &&
      Math.abs(other.bottom - area.bottom) <= slack &&
      gap(area, other) <= height * NEIGHBOUR.near &&
      (other.left >= area.right || other.right <= area.left),
  )
  return beside.length >= NEIGHBOUR.least
}

function isDash(area: Box, { letters, inch }: Surroundings): boolean {
  if (area.right - area.left > inch * LONGEST.dash) return false
  const middle = (area.top + area.bottom) / 2
  return letters.some((letter) => {
    const height = letter.bottom - letter.top
    const part = (middle - letter.top) / height
    return part >= DASH.highest && part <= DASH.lowest && gap(area, letter) <= height * DASH.near
  })
}

/** Letters right above and right below, and none beside these. */
function isBar(area: Box, { letters, inch, usual }: Surroundings): boolean {
  if (area.right - area.left > inch * LONGEST.bar) return false
  const isAlone = (rows: readonly Box[]): boolean => {
    const near = rows.filter(({ left, right }) => right > area.left - usual * BAR.alone && left < area.right + usual * BAR.alone)
    return (
      near.length > 0 && near.every(({ left, right }) => left >= area.left - usual * BAR.within && right <= area.right + usual * BAR.within)
    )
  }
  const reach = usual * BAR.near
  const above = letters.filter(({ bottom }) => bottom <= area.top + 1 && bottom >= area.top - reach)
  const below = letters.filter(({ top }) => top >= area.bottom - 1 && top <= area.bottom + reach)
  return isAlone(above) && isAlone(below)
}

/** Pixels between two boxes from side to side; negative where they overlap. */
const gap = (a: Box, b: Box): number => Math.max(a.left, b.left) - Math.min(a.right, b.right)

function isLarge(components: Components, root: number, dpi: number): boolean {
  const { left, top, right, bottom } = boxOf(components, root)
  const [width, height] = [right - left, bottom - top]
  if (height < dpi * 0.2 || height > dpi * TITLE_INCHES || width > height * 3 || width < height * LARGE.wide) return false
  return (components.area[root] as number) >= width * height * LARGE.black
}

function boxOf({ left, top, right, bottom }: Components, root: number): Box {
  return { left: left[root] as number, top: top[root] as number, right: right[root] as number, bottom: bottom[root] as number }
}

/** Runs are sorted by row, then by place. */
function areaAt(components: Components, x: number, y: number): Box | undefined {
  const { count, row, end, start, root } = components
  let [low, high] = [0, count]
  while (low < high) {
    const half = (low + high) >> 1
    if ((row[half] as number) < y || (row[half] === y && (end[half] as number) <= x)) low = half + 1
    else high = half
  }
  return low < count && row[low] === y && (start[low] as number) <= x ? boxOf(components, root[low] as number) : undefined
}
