import { crc32 } from 'node:zlib'
import { type ByteSource, inMemory, piecesOf } from '../byte-source.ts'

/** One chunk of a PNG. @see PNG (third edition), 5.3 */
export interface Chunk {
  readonly type: string
  /** Where its content stands in the file, as far as that is there: `[start, end)`. */
  readonly start: number
  readonly end: number
  /** The checksum is right. */
  readonly sound: boolean
  /** False for a chunk that the file's end cuts. */
  readonly whole: boolean
}

/** A chunk to be written. */
export type ChunkContent = readonly [type: string, content: Uint8Array]

/** A file taken apart. */
export interface PngFile {
  readonly source: ByteSource
  readonly chunks: readonly Chunk[]
  /** The chunk IEND was met. */
  readonly ended: boolean
}

const SIGNATURE = 8
const FRAME = 12

/** The chunks up to IEND, or up to where the file stops being one of chunks. */
export function readChunks(source: ByteSource): PngFile {
  const { size: total } = source
  const chunks: Chunk[] = []
  for (let at = SIGNATURE; at + 8 <= total; ) {
    const head = Buffer.from(source.read(at, at + 8))
    const type = head.toString('latin1', 4)
    if (!/^[A-Za-z]{4}$/.test(type)) return { source, chunks, ended: false }
    const end = at + FRAME + head.readUInt32BE(0)
    if (type === 'IEND') return { source, chunks, ended: true }
    const whole = end <= total
    chunks.push({ type, start: at + 8, end: whole ? end - 4 : total, sound: whole && isSound(source, at + 4, end - 4), whole })
    at = end
  }
  return { source, chunks, ended: false }
}

function isSound(source: ByteSource, from: number, to: number): boolean {
  let sum = 0
  for (const piece of piecesOf(source, from, to)) sum = crc32(piece, sum)
  return sum === Buffer.from(source.read(to, to + 4)).readUInt32BE(0)
}

/** What a chunk holds. */
export const contentOf = (source: ByteSource, { start, end }: Chunk): Uint8Array => source.read(start, end)

/** The chunks of a file as they would be written again. */
export function contentsOf(file: Uint8Array): ChunkContent[] {
  const source = inMemory(file)
  return readChunks(source).chunks.map((chunk) => [chunk.type, contentOf(source, chunk)])
}

/** What the chunks hold, piece by piece. */
export function* partsOf(source: ByteSource, chunks: readonly Chunk[]): Generator<Uint8Array> {
  for (const { start, end } of chunks) yield* piecesOf(source, start, end)
}

/** A chunk with its length and checksum. */
export function writeChunk(type: string, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(FRAME + content.length)
  out.writeUInt32BE(content.length, 0)
  out.write(type, 4, 'latin1')
  out.set(content, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length)
  return out
}

/** A whole file. */
export function writePng(chunks: readonly ChunkContent[]): Uint8Array {
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  return Buffer.concat([signature, ...chunks.map(([type, content]) => writeChunk(type, content)), writeChunk('IEND', new Uint8Array(0))])
}
