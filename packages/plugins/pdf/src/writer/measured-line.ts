import { type Layout, type Line, linesOf, placedWords, type Word } from '@imagedoc/core'

/** A page of the PDF that is written: its height in points, and points per unit of the layout. */
export interface TextFrame {
  height: number
  scaleX: number
  scaleY: number
}

/** A word's box in points, y down. */
export interface Edges {
  left: number
  top: number
  right: number
  bottom: number
}

/** A line of words in points, y down. */
export interface MeasuredLine {
  /** Which block of the layout it is in. */
  block: number
  words: readonly Word[]
  edges: readonly Edges[]
  baseline: Baseline
  /** The sizes of the words' fonts: one for all as measured, the one that its letters suggest. */
  sizes: readonly number[]
  /** Its edges must be met closely, because its place in the order depends on them. */
  fine: boolean
}

/** The height of a line's base line under the middle of a box. */
type Baseline = (box: Edges) => number

/** Points; no reader needs less. */
export const SMALLEST = 0.5
/** A font's size as a share of the reach of its highest letter: no more than need be, see `shareSizes`. */
const EM = 0.95

/** The lines of a layout that have text, in reading order; one without words is one long word. */
export function measureLines({ blocks }: Layout, frame: TextFrame): MeasuredLine[] {
  const lines = blocks.flatMap((block, index) => linesOf(block).map((line) => measureLine(line, index, frame)))
  return lines.filter(({ words }) => words.length > 0)
}

function measureLine(line: Line, block: number, frame: TextFrame): MeasuredLine {
  const words = placedWords(line).filter((word) => word.text.trim() !== '')
  const baseline = baselineOf(line, frame)
  const edges = words.map((word) => edgesOf(word, frame))
  const size = lineSize(edges, baseline)
  return { block, words, edges, baseline, sizes: words.map(() => size), fine: false }
}

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

/** By the highest letter alone: a line that slants has boxes which reach far below its base line. */
function lineSize(edges: readonly Edges[], baseline: Baseline): number {
  return Math.max(SMALLEST, ...edges.map((box) => EM * (baseline(box) - box.top)))
}
