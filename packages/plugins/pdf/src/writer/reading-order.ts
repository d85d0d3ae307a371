import type { Edges, MeasuredLine } from './measured-line.ts'

/** So much smaller than its neighbours poppler leaves a word out of their block: it takes in what differs by less than 0.6 of the size. */
const APART = 0.38
/** So much larger than the lines above, a line starts a block of its own: poppler's limit is 5 %. */
const NEXT = 1.08
/** Points that a block may reach above the one that is read before it: between the two, that much can be made up for. */
const HIGHER = 0.6
/** Points by which the top of the first is then above the other's: more than what the steps of the fonts' reach move both. */
const CLEAR = 0.15
/** A font's reach, in sizes, beyond which readers take it for damage, with some room. */
const REACH = 2.8

/** A block of the layout: its lines, and what its words cover. */
interface Block extends Edges {
  index: number
  lines: number[]
}

/**
 * Has poppler read what stands beside a head, a page number say, before the columns below, as we do. It sorts blocks by two rules: what
 * is above comes first where both overlap in x, then what is to the left; so the left column comes before a number over the right one.
 * But it takes a block to be as wide as what is below, up to its neighbour: one word at the end of a line of the left column that is a
 * block of its own, because its font is smaller, and starts right of the head, makes the number as wide as to stand above that column.
 * @see T. M. Breuel, "High Performance Document Layout Analysis" (2003), which poppler's TextOutputDev follows
 */
export function keepReadingOrder(lines: readonly MeasuredLine[]): MeasuredLine[] {
  const blocks = blocksOf(lines)
  return blocks.reduce<MeasuredLine[]>((changed, block) => readBefore(changed, blocks, block), [...lines])
}

function blocksOf(lines: readonly MeasuredLine[]): Block[] {
  const blocks = new Map<number, Block>()
  for (const [at, { block: index, edges }] of lines.entries()) {
    if (edges.length === 0) continue
    const known = blocks.get(index)
    blocks.set(index, { index, lines: [...(known?.lines ?? []), at], ...around(known ? [known, ...edges] : edges) })
  }
  return [...blocks.values()]
}

function around(boxes: readonly Edges[]): Edges {
  return {
    left: Math.min(...boxes.map(({ left }) => left)),
    top: Math.min(...boxes.map(({ top }) => top)),
    right: Math.max(...boxes.map(({ right }) => right)),
    bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
  }
}

function readBefore(lines: MeasuredLine[], blocks: readonly Block[], aside: Block): MeasuredLine[] {
  const heads = blocks.filter((block) => block.index < aside.index && isLeftOf(block, aside))
  const limit = Math.max(...heads.map(({ right }) => right))
  const column = columnLeftOf(aside, blocks).filter((block) => block.right > limit)
  const higher = Math.max(...heads.map(({ top }) => top - aside.top))
  const part = heads.length === 0 || higher > HIGHER ? undefined : lineToPart(lines, column, limit)
  if (part === undefined) return lines
  const after = new Set(column.flatMap((block) => block.lines).filter((at) => at > part))
  const points = Math.max(0, higher + CLEAR) / 2
  return lines.map((line, at) => {
    if (at === part) return { ...line, sizes: [...line.sizes.slice(0, -1), (line.sizes.at(-1) ?? 0) * APART] }
    if (after.has(at)) return { ...line, sizes: line.sizes.map((size) => size * NEXT) }
    if (aside.lines.includes(at)) return moveTops(line, points)
    return heads.some((head) => head.lines.includes(at)) ? moveTops(line, -points) : line
  })
}

/** Left of another and in part as high: poppler takes the other to be no wider to the left than up to here. */
function isLeftOf(block: Edges, other: Edges): boolean {
  return block.right <= other.left && block.top <= other.bottom && block.bottom >= other.top
}

/** What is read later but stands left of the block and below, with nothing between them that is as wide as both: poppler reads it first. */
function columnLeftOf(aside: Block, blocks: readonly Block[]): Block[] {
  const below = blocks.filter((block) => block.top >= aside.bottom)
  const left = below.filter((block) => block.index > aside.index && block.right <= aside.left)
  return left.filter((block) => !below.some((other) => other.top < block.top && other.right > aside.left && other.left < block.right))
}

/** The last line whose last word can stand for itself: right of the head, under the aside's new width all of the column. */
function lineToPart(lines: readonly MeasuredLine[], column: readonly Block[], limit: number): number | undefined {
  const narrowest = Math.min(...column.map(({ right }) => right))
  return column
    .flatMap((block) => block.lines)
    .findLast((at) => {
      const { edges, sizes } = lines[at] as MeasuredLine
      const [last, size] = [edges.at(-1), sizes.at(-1)]
      if (edges.length < 2 || last === undefined || size === undefined) return false
      return last.left >= limit && last.left < narrowest && last.bottom - last.top < REACH * APART * size
    })
}

function moveTops(line: MeasuredLine, points: number): MeasuredLine {
  return { ...line, fine: true, edges: line.edges.map((box) => ({ ...box, top: box.top + points })) }
}
