import { type Block, type Box, linesOf } from '@imagedoc/core'

/** A column of running text: its edges, in pixels. */
interface Column {
  left: number
  right: number
}

/** Lines that a block has at least to show where a column is. */
const COLUMN_LINES = 3
/** Lines that a caption has at most. */
const CAPTION_LINES = 3
/** In heights of a line of the running text: how much larger the letters of a heading are, how much room a picture takes, how far a caption reaches into a column. */
const HEADING = 1.25
const PICTURE = 4
const REACH = 2

/**
 * Puts columns together that a picture with its caption divides. An engine takes the caption for a heading, and reads what stands above it
 * to the end of the last column before it goes on below; but a column goes on under a picture. Only there the engine's order is changed:
 * headings still end the columns above them.
 */
export function inColumnOrder(blocks: readonly Block[]): Block[] {
  const height = lineHeight(blocks)
  const columns = findColumns(blocks, height)
  let ordered = [...blocks]
  for (const caption of blocks) {
    const spanned = columns.filter((column) => reaches(caption, column, height))
    if (spanned.length < 2 || !isCaption(caption, height)) continue
    const group = flowAround(ordered, { caption, spanned, height })
    if (group) ordered = rearranged(ordered, group)
  }
  return ordered
}

/** The median height of a line. */
function lineHeight(blocks: readonly Block[]): number {
  const heights = blocks.flatMap((block) => linesOf(block).map(({ box }) => box[3] - box[1])).sort((a, b) => a - b)
  return heights[heights.length >> 1] ?? 0
}

function findColumns(blocks: readonly Block[], height: number): Column[] {
  const columns: Column[] = []
  const tallest = blocks.filter((block) => countOf(block) >= COLUMN_LINES).sort((a, b) => countOf(b) - countOf(a))
  for (const { box } of tallest) {
    const same = columns.find(({ left, right }) => overlap(box, { left, right }) > 0.7 * Math.max(right - left, box[2] - box[0]))
    if (!same) columns.push({ left: box[0], right: box[2] })
  }
  // What lies across two others is a block over the whole width, not a column.
  const across = (column: Column): boolean =>
    columns.filter((other) => other !== column && shared(column, other) > REACH * height).length > 1
  return columns.filter((column) => !across(column)).sort((a, b) => a.left - b.left)
}

function isCaption(block: Block, height: number): boolean {
  const lines = linesOf(block)
  return lines.length > 0 && lines.length <= CAPTION_LINES && lines.every(({ box }) => box[3] - box[1] <= HEADING * height)
}

interface Group {
  /** In their new order. */
  readonly flow: readonly Block[]
  /** What stands between: the caption, the picture, and what the engine has read in it. */
  readonly between: readonly Block[]
}

/** The text of the spanned columns around a caption, when there is some above and below in two of them at least, and room for a picture. */
function flowAround(
  blocks: readonly Block[],
  { caption, spanned, height }: { caption: Block; spanned: readonly Column[]; height: number },
): Group | undefined {
  const inside = (block: Block, column: Column): boolean => {
    const width = block.box[2] - block.box[0]
    return countOf(block) > 0 && overlap(block.box, column) > 0.8 * width
  }
  const [top, bottom] = bounds(blocks, { caption, spanned, height })
  const within = blocks.filter((block) => block !== caption && block.box[1] >= top && block.box[3] <= bottom)
  const parts = spanned.map((column) => within.filter((block) => inside(block, column)))
  const edges = gap(parts, caption, height)
  if (!edges || edges.below - edges.above - (caption.box[3] - caption.box[1]) < PICTURE * height) return undefined
  const outer = { left: (spanned[0] as Column).left, right: (spanned.at(-1) as Column).right }
  const isBetween = (block: Block): boolean => block.box[1] >= edges.above && block.box[3] <= edges.below && overlap(block.box, outer) > 0
  const flow = parts.flatMap((part) => part.filter((block) => !isBetween(block)).sort((a, b) => a.box[1] - b.box[1]))
  return { flow, between: blocks.filter((block) => isBetween(block) && !flow.includes(block)) }
}

/** Where the text above the caption ends and the text below it begins, over all columns that have both; at least two must. */
function gap(parts: readonly Block[][], caption: Block, height: number): { above: number; below: number } | undefined {
  const edges = parts.flatMap((part) => {
    const long = part.filter((block) => countOf(block) >= COLUMN_LINES)
    const above = long.filter(({ box }) => box[3] <= caption.box[1]).map(({ box }) => box[3])
    const below = long.filter(({ box }) => box[1] >= caption.box[3]).map(({ box }) => box[1])
    if (above.length === 0 || below.length === 0) return []
    return [{ above: joined(part, Math.max(...above), height), below: Math.min(...below) }]
  })
  if (edges.length < 2) return undefined
  return { above: Math.max(...edges.map(({ above }) => above)), below: Math.min(...edges.map(({ below }) => below)) }
}

/** The end of a column with the short paragraphs that follow at the distance of a line; what was read in a picture stands further away. */
function joined(part: readonly Block[], end: number, height: number): number {
  const next = part.find(({ box }) => box[1] >= end - height / 2 && box[1] - end < 0.8 * height && box[3] > end)
  return next ? joined(part, next.box[3], height) : end
}

/** The nearest headings above and below that lie across the columns: the flow does not pass them. */
function bounds(
  blocks: readonly Block[],
  { caption, spanned, height }: { caption: Block; spanned: readonly Column[]; height: number },
): [number, number] {
  const across = blocks.filter(
    (block) =>
      block !== caption &&
      countOf(block) > 0 &&
      !isCaption(block, height) &&
      spanned.filter((column) => reaches(block, column, height)).length > 1,
  )
  const above = across.filter(({ box }) => box[3] <= caption.box[1]).map(({ box }) => box[3])
  const below = across.filter(({ box }) => box[1] >= caption.box[3]).map(({ box }) => box[1])
  return [Math.max(Number.NEGATIVE_INFINITY, ...above), Math.min(Number.POSITIVE_INFINITY, ...below)]
}

/** The group at the place of its first block, the rest as it was. */
function rearranged(blocks: readonly Block[], { flow, between }: Group): Block[] {
  const members = new Set([...flow, ...between])
  const first = blocks.findIndex((block) => flow.includes(block))
  const before = blocks.slice(0, first).filter((block) => !members.has(block))
  const after = blocks.slice(first).filter((block) => !members.has(block))
  return [...before, ...flow, ...between, ...after]
}

const countOf = (block: Block): number => linesOf(block).length
const overlap = (box: Box, { left, right }: Column): number => Math.min(box[2], right) - Math.max(box[0], left)
const shared = (a: Column, b: Column): number => Math.min(a.right, b.right) - Math.max(a.left, b.left)
const reaches = ({ box }: Block, column: Column, height: number): boolean => overlap(box, column) > REACH * height
