import type { LineField } from './skew.ts'
import type { Box } from './text-edges.ts'

/** From one letter to the next at most, in heights of the letter: a wide space between words. */
const STEP = 1.8
/** Letters of a line share this part of the lower one's height: p and b, a and l do, letters of the next line do not. */
const SHARED = 0.5
/** The higher of two neighbours is at most so many times as high as the lower one. */
const HIGHER = 2.6
/** A line of text is at least so many letter heights wide, and has so many areas: a word, a label of a map, a few notes are not. */
const LINE = { width: 10, letters: 5 }
/** The widths of letters differ, those of bricks and of the dots of a screen do not: standard deviation over mean, at least. */
const VARIETY = 0.17

/** Lower areas, in heights of the usual letter of the lines, are specks, of which a page may have more than letters. */
const NO_SPECK = 0.6

/** What of a page stands in lines of text that run as a field of lines says. */
export interface TextLines {
  readonly lines: number
  /** Areas in them, of all areas as high as letters: 0 to 1. */
  readonly share: number
  /** From the first line to the last, of the page's height: 0 to 1. */
  readonly spread: number
}

/** Letters one beside another, at even heights along a line of the field. */
export function findTextLines(letters: readonly Box[], field: LineField, size: { width: number; height: number }): TextLines {
  const placed = letters.map((box) => placeOn(field, box, size)).sort((a, b) => a.left - b.left)
  const follows = new Set<number>()
  const next = placed.map((letter, index) => {
    const at = neighbour(letter, placed, { from: index + 1, follows })
    if (at !== -1) follows.add(at)
    return at
  })
  const lines: Placed[][] = []
  for (let first = 0; first < placed.length; first++) {
    if (follows.has(first)) continue
    const line: Placed[] = []
    for (let at = first; at !== -1; at = next[at] as number) line.push(placed[at] as Placed)
    if (isLine(line)) lines.push(line)
  }
  const heights = lines.flat().map(({ height }) => height)
  const usual = heights.length === 0 ? 0 : median(heights)
  const large = ({ height }: Placed): boolean => height >= usual * NO_SPECK
  const feet = lines.map((line) => median(line.map(({ foot }) => foot)))
  return {
    lines: lines.length,
    share: lines.flat().filter(large).length / Math.max(1, placed.filter(large).length),
    spread: lines.length === 0 ? 0 : (Math.max(...feet) - Math.min(...feet)) / size.height,
  }
}

interface Placed {
  readonly left: number
  readonly right: number
  /** Where the line through its lower edge crosses the middle of the page. */
  readonly foot: number
  readonly height: number
}

function placeOn(
  { slope, fan }: LineField,
  { left, right, top, bottom }: Box,
  { width, height }: { width: number; height: number },
): Placed {
  const dx = (left + right) / 2 - width / 2
  const foot = (bottom - height / 2 - slope * dx) / (1 + fan * dx)
  // A wide area on a slope is higher than its letters are.
  return {
    left,
    right,
    foot: foot - (Math.abs(slope) * (right - left)) / 2,
    height: Math.max(1, bottom - top - Math.abs(slope) * (right - left)),
  }
}

/** The index of the nearest letter to the right on the same line, -1 when there is none. */
function neighbour(letter: Placed, placed: readonly Placed[], { from, follows }: { from: number; follows: ReadonlySet<number> }): number {
  const reach = letter.right + STEP * letter.height
  for (let at = from; at < placed.length; at++) {
    const other = placed[at] as Placed
    if (other.left > reach) return -1
    if (follows.has(at) || other.left < letter.right - letter.height * 0.5) continue
    const [low, high] = [Math.min(letter.height, other.height), Math.max(letter.height, other.height)]
    const shared = Math.min(letter.foot, other.foot) - Math.max(letter.foot - letter.height, other.foot - other.height)
    if (high <= HIGHER * low && shared >= SHARED * low) return at
  }
  return -1
}

function isLine(line: readonly Placed[]): boolean {
  if (line.length < LINE.letters) return false
  const height = median(line.map((letter) => letter.height))
  if ((line.at(-1) as Placed).right - (line[0] as Placed).left < LINE.width * height) return false
  const widths = line.map(({ left, right }) => right - left)
  const mean = widths.reduce((sum, width) => sum + width, 0) / widths.length
  const variance = widths.reduce((sum, width) => sum + (width - mean) ** 2, 0) / widths.length
  return Math.sqrt(variance) >= VARIETY * mean
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number
