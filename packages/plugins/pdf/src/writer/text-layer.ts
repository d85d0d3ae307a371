import type { Layout } from '@imagedoc/core'
import type { Codes } from './codes.ts'
import { CHARACTER_WIDTH, type Reach } from './glyphless-font.ts'

type Line = Layout['blocks'][number]['lines'][number]
type Word = Line['words'][number]

/** A page of the PDF that is written: its height in points, and points per unit of the layout. */
export interface TextFrame {
  height: number
  scaleX: number
  scaleY: number
}

/** How characters become bytes: their codes, and the name of the font with a reach. */
export interface TextWriting {
  codes: Codes
  fontName(reach: Reach): string
}

/** Points; no reader needs less. */
const SMALLEST = 0.5
/** Fonts come in steps of this reach, so that a document needs some dozens of them; it moves an edge by at most half of it. */
const STEP = 50
/** Points by which that may move an edge; the words of larger lines have a size of their own. */
const TOLERANCE = 0.4
/** Readers cut a font's reach below the base line at this share of its size (poppler), so that a line's size follows from it. */
const DEEPEST = 0.4
/** A font is larger than its highest letter: poppler looks for the next line within 1.5 sizes, for the next column beyond 0.7 (measured). */
const EM = 1.25
/** Lines whose sizes differ by less than this factor are one kind of text: a line without capitals is as large as its neighbours. */
const ALIKE = 1.6
const WHOLE: Reach = { ascent: 1000, descent: 1 }

/**
 * The operators that write a layout's words invisibly, one by one, in reading order. Each is level and fills its box, also in a slanted
 * line, where it sits on the base line at its middle: text that is itself turned, readers take apart into letters (poppler from 5 degrees on).
 */
export function textLayer(layout: Layout, frame: TextFrame, writing: TextWriting): string {
  const lines = layout.blocks.flatMap((block) => block.lines.map((line) => measureLine(line, frame)))
  const words = shareSizes(lines).flatMap((line) => placeLine(line, frame))
  return ['q', 'BT', '3 Tr', ...words.flatMap((word) => shown(word, writing)), 'ET', 'Q', ''].join('\n')
}

/** A word as it is written: in points, y up. */
interface PlacedWord {
  text: string
  last: boolean
  width: number
  size: number
  reach: Reach
  /** Where the word starts on its base line. */
  x: number
  y: number
}

/** A word's box in points, y down. */
interface Edges {
  left: number
  top: number
  right: number
  bottom: number
}

/** A line of words in points, y down. */
interface MeasuredLine {
  words: readonly Word[]
  edges: readonly Edges[]
  baseline: Baseline
  /** The size of the font that its letters suggest. */
  size: number
}

function measureLine(line: Line, frame: TextFrame): MeasuredLine {
  const words = line.words.filter((word) => word.text.trim() !== '')
  const baseline = baselineOf(line, frame)
  const edges = words.map((word) => edgesOf(word, frame))
  return { words, edges, baseline, size: lineSize(edges, baseline) }
}

/**
 * Gives all lines of about the same size the largest one. Poppler puts only lines into one block whose sizes differ by less than 5 %; a
 * column that falls apart by the letters that its lines happen to have is read across, line by line with its neighbour.
 */
function shareSizes(lines: readonly MeasuredLine[]): MeasuredLine[] {
  const shared = new Map<number, number>()
  let largest = Number.POSITIVE_INFINITY
  for (const size of lines.map((line) => line.size).sort((one, other) => other - one)) {
    if (size * ALIKE < largest) largest = size
    shared.set(size, largest)
  }
  return lines.map((line) => ({ ...line, size: shared.get(line.size) ?? line.size }))
}

function placeLine({ words, edges, baseline, size }: MeasuredLine, { height }: TextFrame): PlacedWord[] {
  return words.map(({ text }, index) => {
    const box = edges[index] as Edges
    return { text, last: index === words.length - 1, ...placeWord(box, { base: baseline(box), size, height }) }
  })
}

/** The height of a line's base line under the middle of a box. */
type Baseline = (box: Edges) => number

function baselineOf({ baseline = [] }: Line, { scaleX, scaleY }: TextFrame): Baseline {
  const [x0 = 0, y0 = 0] = baseline
  const [x1 = 0, y1 = 0] = baseline.slice(-2)
  if (baseline.length < 4 || x1 <= x0) return ({ bottom }) => bottom
  const slope = ((y1 - y0) * scaleY) / ((x1 - x0) * scaleX)
  return ({ left, right }) => y0 * scaleY + slope * ((left + right) / 2 - x0 * scaleX)
}

function edgesOf({ box }: Word, { scaleX, scaleY }: TextFrame): Edges {
  return { left: box[0] * scaleX, top: box[1] * scaleY, right: box[2] * scaleX, bottom: box[3] * scaleY }
}

/** So large that neither the highest letter nor the lowest is beyond a font's reach. */
function lineSize(edges: readonly Edges[], baseline: Baseline): number {
  const above = Math.max(0, ...edges.map((box) => baseline(box) - box.top))
  const below = Math.max(0, ...edges.map((box) => box.bottom - baseline(box)))
  return Math.max(SMALLEST, EM * above, (EM * below) / DEEPEST)
}

type Placing = Omit<PlacedWord, 'text' | 'last'>

function placeWord({ left, top, right, bottom }: Edges, { base, size, height }: { base: number; size: number; height: number }): Placing {
  const width = Math.max(SMALLEST, right - left)
  const reach = { ascent: inSteps((base - top) / size), descent: Math.max(1, inSteps((bottom - base) / size)) }
  const off = Math.max(Math.abs(base - (reach.ascent * size) / 1000 - top), Math.abs(base + (reach.descent * size) / 1000 - bottom))
  if (off <= TOLERANCE && reach.ascent > 0) return { width, size, reach, x: left, y: height - base }
  return { width, size: Math.max(SMALLEST, bottom - top), reach: WHOLE, x: left, y: height - bottom }
}

function inSteps(share: number): number {
  return Math.round((share * 1000) / STEP) * STEP
}

function shown({ text, last, width, size, reach, x, y }: PlacedWord, { codes, fontName }: TextWriting): readonly string[] {
  const word = codes.encode(text.normalize('NFC'))
  const stretch = (100 * width) / (word.count * size * CHARACTER_WIDTH)
  // The blank after a word lets readers that copy the text as it stands keep words apart.
  const blank = last ? '' : codes.encode(' ').hex
  return [
    `/${fontName(reach)} ${number(size)} Tf`,
    `${number(stretch)} Tz`,
    `1 0 0 1 ${number(x)} ${number(y)} Tm`,
    `<${word.hex}${blank}> Tj`,
  ]
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
