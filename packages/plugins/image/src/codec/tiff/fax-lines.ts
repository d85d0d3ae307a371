import { inMemory } from '../byte-source.ts'
import { firstBitHighest } from './fill-order.ts'
import type { ImageLayout } from './image-layout.ts'
import type { TiffPage } from './page.ts'
import type { Segment } from './segments.ts'

/** The lines of a strip in CCITT Group 3, in groups that can be decoded by themselves. */
export interface FaxLines {
  /** Number of groups. A line that refers to the one before it is in that one's group. */
  readonly count: number
  /** The groups from `from` up to, without, `to` as a strip of their own. */
  between(from: number, to: number): Segment
  /** The page as these strips are to be read. */
  page(page: TiffPage): TiffPage
}

/** An end-of-line code: 11 or more zeros and a one (ITU-T T.4, 4.1.2). It stands before each line in a TIFF. */
interface Mark {
  /** Index of the bit behind the code. */
  readonly end: number
  /** With two-dimensional coding a bit follows: 1 where the line stands for itself (4.2.2). */
  readonly isOwn: boolean
}

const ZEROS = 11

/** Undefined when the strip is in another code, or its lines bear no marks. */
export function findFaxLines(layout: ImageLayout, segment: Segment): FaxLines | undefined {
  const [part] = segment.parts
  if (layout.compression !== 3 || part === undefined) return undefined
  const bytes = firstBitHighest(part, layout)
  const marks = findMarks(bytes)
  if (marks.length < 2) return undefined
  // Without a two-dimensional line every bit behind a mark belongs to the picture.
  const twoDimensional = (layout.t4Options & 1) === 1
  const starts = marks.flatMap(({ isOwn }, index) => (isOwn || !twoDimensional ? [index] : [])).filter((index) => index < segment.height)
  const lineOf = (group: number): number => (group < starts.length ? (starts[group] as number) : Math.min(marks.length, segment.height))
  return {
    count: starts.length,
    between(from, to) {
      const [first, last] = [lineOf(from), lineOf(to)]
      const end = marks[last]?.end ?? bytes.length * 8
      return {
        ...segment,
        y: segment.y + first,
        height: last - first,
        parts: [inMemory(bitsFrom(bytes, (marks[first] as Mark).end, end))],
        there: 1,
      }
    },
    page: (page) => ({ ...page, layout: { ...page.layout, fillOrder: 1 } }),
  }
}

/** Marks that directly follow each other end the page (return to control) and begin no line. */
function findMarks(bytes: Uint8Array): Mark[] {
  const marks: Mark[] = []
  let zeros = 0
  let last = Number.NEGATIVE_INFINITY
  let isReturn = false
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if (bitAt(bytes, bit) === 0) {
      zeros++
      continue
    }
    const isMark = zeros >= ZEROS
    zeros = 0
    if (!isMark) continue
    const end = bit + 1
    // 12 bits, and the tag bit of two-dimensional coding, stand between marks without a line.
    const follows = end - last <= ZEROS + 2
    if (!follows) marks.push({ end, isOwn: bitAt(bytes, end) === 1 })
    else if (!isReturn) marks.pop()
    isReturn = follows
    last = end
  }
  return marks
}

/** From the mark that ends at bit `start` to bit `end`: zeros before a mark are fill (T.4, 4.1.3), so that it can begin a byte. */
function bitsFrom(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const from = start - 1 - ZEROS
  const out = bytes.slice(from >> 3, Math.ceil(end / 8))
  if (out.length > 0) out[0] = (out[0] as number) & (0xff >> (from & 7))
  return out
}

const bitAt = (bytes: Uint8Array, bit: number): number => ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
