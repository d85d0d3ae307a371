import { findComponents } from '@imagedoc/core'
import { createSurroundings, isStroke, type Stroke } from './strokes-of-text.ts'

/** A bilevel page that may be written into: 0 is black, 255 white. */
interface Page {
  data: Uint8Array
  width: number
  height: number
}

/** Sizes in pixels. */
export interface RuleSize {
  /** Shortest straight run that begins a rule: longer than any stroke of a letter of running text. */
  shortest: number
  /** Thicker is no rule. */
  thickest: number
  /** A speck of white so long inside a rule does not end it. */
  gap: number
}

/**
 * Erases printed rules, upright ones and (where asked) level ones; strokes that cross a rule stay, and so do straight strokes of the text: those of
 * large letters, long dashes, the bars of fractions. `data` is written into.
 */
export function eraseRules(page: Page, size: RuleSize, options: { level: boolean; dpi: number }): void {
  const upright: Walk = { length: page.height, lines: page.width, along: page.width, across: 1 }
  const level: Walk = { length: page.width, lines: page.height, along: 1, across: page.width }
  const bands = [...(options.level ? bandsAlong(page.data, level, size) : []), ...bandsAlong(page.data, upright, size)]
  if (bands.length === 0) return
  const around = createSurroundings(findComponents(page.data, page.width, page.height), options.dpi)
  const rules = bands.filter((band) => !isStroke(strokeOf(band), around))
  for (const { spans, walk } of rules) {
    for (const { line, from, to } of spans) {
      for (let at = from; at < to; at++) eraseAcross(page.data, walk, { line, at, thickest: size.thickest })
    }
  }
}

/** How to walk the page: `lines` lines of `length` pixels; to the next pixel of a line, and to the next line. */
interface Walk {
  length: number
  lines: number
  along: number
  across: number
}

interface Span {
  line: number
  from: number
  to: number
}

/** Long runs on neighbouring lines, which are one stroke. */
interface Band {
  spans: Span[]
  walk: Walk
}

function strokeOf({ spans, walk }: Band): Stroke {
  const begin = spans[0] as Span
  const [from, to] = [Math.min(...spans.map((span) => span.from)), Math.max(...spans.map((span) => span.to))]
  const [first, last] = [begin.line, (spans.at(-1) as Span).line + 1]
  return walk.along === 1
    ? { left: from, top: first, right: to, bottom: last, level: true, begin: { x: begin.from, y: begin.line } }
    : { left: first, top: from, right: last, bottom: to, level: false, begin: { x: begin.line, y: begin.from } }
}

/** The straight strokes in one direction that are as long as a rule and no thicker. */
function bandsAlong(data: Uint8Array, walk: Walk, size: RuleSize): Band[] {
  const bands: Band[] = []
  let open: Band[] = []
  for (const span of findSpans(data, walk, size)) {
    open = open.filter(({ spans }) => (spans.at(-1) as Span).line >= span.line - 1)
    const band = open.find(({ spans }) =>
      spans.slice(-2).some((last) => last.line === span.line - 1 && last.from < span.to && span.from < last.to),
    )
    if (band !== undefined) band.spans.push(span)
    else {
      const opened = { spans: [span], walk }
      bands.push(opened)
      open.push(opened)
    }
  }
  return bands.filter(({ spans }) => isThin(data, walk, { spans, size }))
}

/** Places at which the thickness of a stroke is measured. */
const SAMPLES = 40

function isThin(data: Uint8Array, walk: Walk, { spans, size }: { spans: readonly Span[]; size: RuleSize }): boolean {
  const { line, from, to } = spans[spans.length >> 1] as Span
  const found: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const at = Math.floor(from + ((sample + 0.5) * (to - from)) / SAMPLES)
    const { first, last } = extent(data, walk, { line, at, most: size.thickest * 2 })
    if (last >= first) found.push(last - first + 1)
  }
  return (found.sort((a, b) => a - b)[found.length >> 1] ?? 0) <= size.thickest
}

function findSpans(data: Uint8Array, { length, lines, along, across }: Walk, { shortest, gap }: RuleSize): Span[] {
  const found: Span[] = []
  for (let line = 0; line < lines; line++) {
    let from = -1
    let last = -1
    for (let at = 0; at <= length; at++) {
      const black = at < length && data[line * across + at * along] === 0
      if (black) {
        if (from === -1) from = at
        last = at
      } else if (from !== -1 && (at === length || at - last > gap)) {
        if (last + 1 - from >= shortest) found.push({ line, from, to: last + 1 })
        from = -1
      }
    }
  }
  return found
}

/** The first and the last line that are black at one place of a line, as far as is asked; the last before the first where it is white. */
function extent(
  data: Uint8Array,
  { lines, along, across }: Walk,
  { line, at, most }: { line: number; at: number; most: number },
): { first: number; last: number } {
  const black = (other: number): boolean => other >= 0 && other < lines && data[other * across + at * along] === 0
  if (!black(line)) return { first: line, last: line - 1 }
  let [first, last] = [line, line]
  while (black(first - 1) && line - first <= most) first--
  while (black(last + 1) && last - line <= most) last++
  return { first, last }
}

/** Erases the black across the rule at one place, unless it reaches further than a rule is thick: then a stroke crosses here. */
function eraseAcross(data: Uint8Array, walk: Walk, { line, at, thickest }: { line: number; at: number; thickest: number }): void {
  const { first, last } = extent(data, walk, { line, at, most: thickest })
  if (last - first + 1 > thickest) return
  for (let other = first; other <= last; other++) data[other * walk.across + at * walk.along] = 255
}
