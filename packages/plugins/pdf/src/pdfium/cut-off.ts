import type { Diagnostic, Encoded } from '@imagedoc/core'
import { fileOf } from '@imagedoc/core'
import { openFile } from './pdf-file.ts'

/** How much of the beginning and of the end is looked at. */
const HEAD_BYTES = 2048
const TAIL_BYTES = 64 * 1024
/** PDF 32000-1, annex H.3.18: readers accept the end mark in the last 1024 bytes; less than this of anything else may follow it. */
const AFTER_END = 1024

/**
 * The finding that a PDF ends before it is whole: it has no end mark near its end, or fewer bytes than it says itself. Undefined for one that is whole,
 * whatever else is wrong with it.
 */
export function cutOff(input: Encoded): Diagnostic | undefined {
  const { head, tail, size } = readEnds(input)
  const declared = linearizedLength(head) ?? 0
  if (hasEnd(tail) && !(declared > size && isFirstPart(tail))) return undefined
  if (declared > size) return finding(`${declared - size} of its ${declared} bytes are missing`, { missingBytes: declared - size })
  return finding('it has no end mark (%%EOF), so that its end is missing')
}

interface Ends {
  readonly head: Buffer
  readonly tail: Buffer
  readonly size: number
}

/** Gives `length` bytes of a file from `at` on. */
type Read = (at: number, length: number) => Buffer

/** A large input of a child lies in a file, of which no more is read. */
function readEnds(input: Encoded): Ends {
  const given = fileOf(input)
  if (!given) {
    const { buffer, byteOffset, length } = input.bytes
    const bytes = Buffer.from(buffer, byteOffset, length)
    return endsOf((at, count) => bytes.subarray(at, at + count), length)
  }
  const file = openFile(given.path, given.size)
  try {
    const read: Read = (at, length) => {
      const bytes = Buffer.alloc(length)
      file.read(at, bytes)
      return bytes
    }
    return endsOf(read, file.size)
  } finally {
    file.close()
  }
}

function endsOf(read: Read, size: number): Ends {
  const end = withoutPadding(read, size)
  const start = Math.max(0, end - TAIL_BYTES)
  return { head: read(0, Math.min(HEAD_BYTES, size)), tail: read(start, end - start), size }
}

/** Where a file ends without the zeros and blanks that tapes, mails and disks add at any length. */
function withoutPadding(read: Read, size: number): number {
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - TAIL_BYTES)
    const last = read(start, end - start).findLastIndex((byte) => byte !== 0 && byte !== 0x20 && (byte < 0x09 || byte > 0x0d))
    if (last >= 0) return start + last + 1
    end = start
  }
  return 0
}

/**
 * A file that was cut in the middle may still have the end mark of an older state, with objects behind it. What is no PDF at all (zeros, a mail's end)
 * may follow the mark at any length.
 */
function hasEnd(tail: Buffer): boolean {
  const mark = tail.lastIndexOf('%%EOF')
  const behind = tail.subarray(mark < 0 ? 0 : mark)
  if (mark >= 0) return behind.length <= AFTER_END || !/\d\s+\d+\s+obj\b|endobj|endstream/.test(behind.toString('latin1'))
  // The mark alone is cut off: what it marks is there.
  return /startxref\s+\d+\s*%?%?E?O?$/.test(tail.subarray(-AFTER_END).toString('latin1'))
}

/** PDF 32000-1, annex F.3: what stands before the other pages of a file that is made for the web ends with an end mark of its own. */
const isFirstPart = (tail: Buffer): boolean => /startxref\s+0\s+%%EOF\s*$/.test(tail.subarray(-AFTER_END).toString('latin1'))

/** PDF 32000-1, annex F.2.2: the length of the whole file, in the first object of one that is made for the web. An update makes the file longer. */
function linearizedLength(head: Buffer): number | undefined {
  const text = head.toString('latin1')
  if (!text.includes('/Linearized')) return undefined
  const length = Number(/\/L\s+(\d{1,15})\b/.exec(text)?.[1])
  return length > 0 ? length : undefined
}

function finding(what: string, known: { missingBytes?: number } = {}): Diagnostic {
  const message = `The PDF is cut off: ${what}. Get a whole copy of the file.`
  return { code: 'DOCUMENT_CUT_OFF', severity: 'warning', message, details: { cutOff: true, ...known } }
}
