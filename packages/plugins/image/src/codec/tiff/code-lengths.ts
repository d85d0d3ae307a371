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

/** True for LZW and PackBits, whose damage shows in the number of bytes that the codes stand for. */
export const hasCodeLengths = ({ compression }: { compression: number }): boolean => compression === 5 || compression === 32773

/**
 * True when the codes of every strip and tile stand for as many bytes as its pixels have. libtiff stops at the last pixel and says nothing of
 * what is left. Where every strip has something left, it is the writer's habit.
 */
export function areLengthsSound(page: TiffPage): boolean {
  const walked = page.segments.flatMap((segment) => segment.parts.map((part) => walk(page, segment, part).state))
  return walked.every((state) => state === 'sound') || isHabit(walked)
}

const isHabit = (states: readonly string[]): boolean => states.length > 2 && states.every((state) => state === 'mismatch')

/** Rows from the top that are sound as far as the codes show it, in all planes. */
export function rowsByLengths(page: TiffPage, segment: Segment): number {
  const stride = rowBytes({ layout: page.layout, width: segment.width })
  const rows = segment.parts.map((part) => {
    const { state, bytes } = walk(page, segment, part)
    if (state === 'sound') return segment.height
    return state === 'mismatch' ? 0 : Math.floor(bytes / stride)
  })
  return Math.min(segment.height, ...rows)
}

function walk({ layout }: TiffPage, segment: Segment, part: Uint8Array): Walked {
  const stride = rowBytes({ layout, width: segment.width })
  if (layout.compression === 32773) return walkPackBits(part, { size: stride * segment.height, stride })
  // Bits in reverse order within codes: LZW as it was before TIFF 5, or FillOrder 2. libtiff reads them; here they are not followed.
  const isReverse = layout.fillOrder === 2 || (part[0] === 0 && ((part[1] ?? 0) & 1) === 1)
  return isReverse ? { state: 'sound', bytes: stride * segment.height } : walkLzw(part, stride * segment.height)
}

/** TIFF 6.0, section 13: codes of 9 to 12 bits; the width grows one code early. Only the lengths of the strings are followed. */
function walkLzw(part: Uint8Array, size: number): Walked {
  const lengths = new Uint16Array(MOST_CODES).fill(1, 0, CLEAR)
  let [next, width, before, bytes] = [FIRST_FREE, 9, 0, 0]
  let bit = 0
  while (bytes < size) {
    if (bit + width > part.length * 8) return { state: 'ends', bytes }
    const code = codeAt(part, bit, width)
    bit += width
    if (code === END_OF_INFORMATION) return { state: 'ends', bytes }
    if (code === CLEAR) {
      ;[next, width, before] = [FIRST_FREE, 9, 0]
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
  const rest = part.length - Math.ceil(bit / 8)
  const isEnd = bit + width <= part.length * 8 && [END_OF_INFORMATION, CLEAR].includes(codeAt(part, bit, width))
  return { state: bytes === size && (isEnd || rest <= PADDING) ? 'sound' : 'mismatch', bytes }
}

function codeAt(part: Uint8Array, bit: number, width: number): number {
  const at = bit >> 3
  const three = ((part[at] as number) << 16) | ((part[at + 1] ?? 0) << 8) | (part[at + 2] ?? 0)
  return (three >> (24 - (bit & 7) - width)) & ((1 << width) - 1)
}

/** TIFF 6.0, section 9: rows are packed one by one, so that the first run that leaves its row shows the place of damage. */
function walkPackBits(part: Uint8Array, { size, stride }: { size: number; stride: number }): Walked {
  let [at, bytes] = [0, 0]
  let crossed: number | undefined
  while (bytes < size) {
    const head = part[at]
    if (head === undefined) return { state: 'ends', bytes: crossed ?? bytes }
    const length = head === 128 ? 0 : head < 128 ? head + 1 : 257 - head
    const taken = head === 128 ? 1 : head < 128 ? head + 2 : 2
    if (at + taken > part.length) return { state: 'ends', bytes: crossed ?? bytes }
    if ((bytes % stride) + length > stride) crossed ??= bytes
    bytes += length
    at += taken
  }
  if (part.length - at <= PADDING && bytes - size <= PADDING) return { state: 'sound', bytes }
  return crossed === undefined ? { state: 'mismatch', bytes } : { state: 'wrong', bytes: crossed }
}
