/** A bilevel page that may be written into: 0 is black, 255 white. */
interface Page {
  data: Uint8Array
  width: number
  height: number
}

/** Sizes in pixels. */
export interface RuleSize {
  /** Shortest straight run that begins a rule: longer than any stroke of a letter. */
  shortest: number
  /** Thicker is no rule. */
  thickest: number
  /** A speck of white so long inside a rule does not end it. */
  gap: number
}

/** Erases printed rules, upright ones and (where asked) level ones; strokes that cross a rule stay. `data` is written into. */
export function eraseRules(page: Page, size: RuleSize, options: { level: boolean }): void {
  if (options.level) eraseAlong(page, { length: page.width, lines: page.height, along: 1, across: page.width }, size)
  eraseAlong(page, { length: page.height, lines: page.width, along: page.width, across: 1 }, size)
}

/** How to walk the page: `lines` lines of `length` pixels; to the next pixel of a line, and to the next line. */
interface Walk {
  length: number
  lines: number
  along: number
  across: number
}

function eraseAlong({ data }: Page, walk: Walk, size: RuleSize): void {
  const spans = findSpans(data, walk, size)
  for (const { line, from, to } of spans) {
    for (let at = from; at < to; at++) eraseAcross(data, walk, { line, at, thickest: size.thickest })
  }
}

function findSpans(
  data: Uint8Array,
  { length, lines, along, across }: Walk,
  { shortest, gap }: RuleSize,
): { line: number; from: number; to: number }[] {
  const found: { line: number; from: number; to: number }[] = []
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

/** Erases the black across the rule at one place, unless it reaches further than a rule is thick: then a stroke crosses here. */
function eraseAcross(
  data: Uint8Array,
  { lines, along, across }: Walk,
  { line, at, thickest }: { line: number; at: number; thickest: number },
): void {
  const black = (other: number): boolean => other >= 0 && other < lines && data[other * across + at * along] === 0
  if (!black(line)) return
  let first = line
  let last = line
  while (black(first - 1) && line - first <= thickest) first--
  while (black(last + 1) && last - line <= thickest) last++
  if (last - first + 1 > thickest) return
  for (let other = first; other <= last; other++) data[other * across + at * along] = 255
}
