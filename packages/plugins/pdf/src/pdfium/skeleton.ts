import type { PdfFile } from './pdf-file.ts'

const PIECE_BYTES = 1024 * 1024
/** The longest word that is looked for. */
const OVERLAP = 'endstream'.length
/** So much of the dictionary before a stream is looked at. */
const DICTIONARY_BYTES = 2048
/** Object streams hold dictionaries, not pictures; more of them is not kept. */
const MOST_PACKED_BYTES = 64 * 1024 ** 2

/**
 * A file without what its streams hold, for those who look through a document's dictionaries: of a book of scans a few hundred KB stay. Object streams
 * stay as they are. Read piece by piece, so that a file of hundreds of MB never is in memory.
 */
export function skeletonOf(file: PdfFile): Uint8Array {
  const kept: Buffer[] = []
  let inside: 'nothing' | 'stream' | 'object stream' = 'nothing'
  let packed = 0
  let rest = Buffer.alloc(0)
  const keep = (bytes: Buffer): void => {
    if (bytes.length > 0) kept.push(Buffer.from(bytes))
  }
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, file.size - at))
    file.read(at, piece)
    const isLast = at + piece.length >= file.size
    let text = Buffer.concat([rest, piece])
    for (let found = true; found; ) {
      const word = inside === 'nothing' ? 'stream' : 'endstream'
      const index = text.indexOf(word)
      found = index >= 0
      // A word may go on in the next piece.
      const end = found ? index + word.length : isLast ? text.length : Math.max(0, text.length - OVERLAP)
      const part = text.subarray(0, end)
      if (inside === 'nothing') keep(part)
      else if (inside === 'object stream' && packed < MOST_PACKED_BYTES) {
        packed += part.length
        keep(part)
      } else if (found) keep(Buffer.from(`\n${word}`))
      text = text.subarray(end)
      if (found) inside = inside !== 'nothing' ? 'nothing' : isObjectStream(kept) ? 'object stream' : 'stream'
    }
    rest = Buffer.from(text)
  }
  return Buffer.concat(kept)
}

function isObjectStream(kept: readonly Buffer[]): boolean {
  const before = Buffer.concat(kept.slice(-2)).toString('latin1').slice(-DICTIONARY_BYTES)
  return before.slice(Math.max(0, before.lastIndexOf(' obj'))).includes('/ObjStm')
}
