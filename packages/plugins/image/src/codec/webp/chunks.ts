import type { ByteSource } from '../byte-source.ts'

/** One chunk of a WebP. @see RFC 9649, 2.3 */
export interface RiffChunk {
  readonly type: string
  /** Where its head stands. */
  readonly at: number
  /** Its content, behind the head; the file may end before it does. */
  readonly start: number
  readonly end: number
}

const HEADER = 12
const HEAD = 8

/** Bytes of the file by its own header; 0 when even that is cut off. */
export function announcedSize(source: ByteSource): number {
  const head = Buffer.from(source.read(0, HEAD))
  return head.length === HEAD ? HEAD + head.readUInt32LE(4) : 0
}

/** The chunks up to the end of the file, or to where its header says that it ends. */
export function* readRiff(source: ByteSource): Generator<RiffChunk> {
  const total = Math.min(announcedSize(source), source.size)
  for (let at = HEADER; at + HEAD <= total; ) {
    const head = Buffer.from(source.read(at, at + HEAD))
    const end = at + HEAD + head.readUInt32LE(4)
    yield { type: head.toString('latin1', 0, 4), at, start: at + HEAD, end }
    at = end + (end % 2)
  }
}
