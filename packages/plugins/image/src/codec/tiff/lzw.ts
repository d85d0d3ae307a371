import type { ByteRange } from '../byte-source.ts'
import { firstBitHighest } from './fill-order.ts'
import type { TiffPage } from './page.ts'
import { rowBytes, type Segment } from './segments.ts'

/** How many bytes the codes of a strip or tile stand for. */
interface Walked {
  /** `ends`: the data end early; `wrong`: a code that is none; `mismatch`: data behind the last pixel, so that nothing tells the place. */
  readonly state: 'sound' | 'ends' | 'wrong' | 'mismatch'
  readonly bytes: number
}

/** Writers pad strips to even sizes; what is left over beyond that is a sign of damage. */
const PADDING = 4
const [CLEAR, END_OF_INFORMATION, FIRST_FREE, MOST_CODES] = [256, 257, 258, 4096]

/**
 * True when the codes of every strip and tile stand for as many bytes as its pixels have. libtiff stops at the last pixel and says nothing of
 * what is left. Where every strip has something left, it is the writer's habit.
 */
export function isLzwSound(page: TiffPage): boolean {
  const states = page.segments.flatMap((segment) => segment.parts.map((part) => walkPart(page, segment, part).state))
  const isHabit = states.length > 2 && states.every((state) => state === 'mismatch')
  return isHabit || states.every((state) => state === 'sound')
}

/** Rows from the top that are sound as far as the codes show it, in all planes. */
export function lzwRows(page: TiffPage, segment: Segment): number {
  const stride = rowBytes({ layout: page.layout, width: segment.width })
  const rows = segment.parts.map((part) => {
    const { state, bytes } = walkPart(page, segment, part)
    if (state === 'sound') return segment.height
    return state === 'mismatch' ? 0 : Math.floor(bytes / stride)
  })
  return Math.min(segment.height, ...rows)
}

function walkPart({ layout }: TiffPage, segment: Segment, part: ByteRange): Walked {
  const size = rowBytes({ layout, width: segment.width }) * segment.height
  const bytes = firstBitHighest(part, layout)
  // LZW as it was before TIFF 5 has its codes the other way round. libtiff reads it; here it is not followed.
  const isOld = bytes[0] === 0 && ((bytes[1] ?? 0) & 1) === 1
  return isOld ? { state: 'sound', bytes: size } : walk(bytes, size)
}

/** TIFF 6.0, section 13: codes of 9 to 12 bits; the width grows one code early. Only the lengths of the strings are followed. */
function walk(part: Uint8Array, size: number): Walked {
  const lengths = new Uint16Array(MOST_CODES).fill(1, 0, CLEAR)
  const end = part.length
  let [next, width, before, bytes] = [FIRST_FREE, 9, 0, 0]
  let [at, bits, count] = [0, 0, 0]
  while (bytes < size) {
    while (count < width) {
      if (at >= end) return { state: 'ends', bytes }
      bits = ((bits << 8) | (part[at++] as number)) & 0xffffff
      count += 8
    }
    count -= width
    const code = (bits >>> count) & ((1 << width) - 1)
    if (code === END_OF_INFORMATION) return { state: 'ends', bytes }
    if (code === CLEAR) {
      next = FIRST_FREE
      width = 9
      before = 0
      continue
    }
    const isNew = code === next && before > 0
    if (code > CLEAR && code >= next && !isNew) return { state: 'wrong', bytes }
    const length = isNew ? before + 1 : (lengths[code] as number)
    if (before > 0 && next < MOST_CODES) lengths[next++] = before + 1
    if (next > (1 << width) - 2 && width < 12) width++
    bytes += length
    before = length
  }
  if (bytes !== size) return { state: 'mismatch', bytes }
  return { state: end - at <= PADDING || isEnd(part, at * 8 - count, width) ? 'sound' : 'mismatch', bytes }
}

/** True when the code at a bit is the end, or makes way for it. */
function isEnd(part: Uint8Array, bit: number, width: number): boolean {
  const at = bit >> 3
  const three = ((part[at] as number) << 16) | ((part[at + 1] ?? 0) << 8) | (part[at + 2] ?? 0)
  const code = (three >> (24 - (bit & 7) - width)) & ((1 << width) - 1)
  return code === END_OF_INFORMATION || code === CLEAR
}
