import { crc32 } from 'node:zlib'

/** One chunk of a PNG. @see PNG (third edition), 5.3 */
export interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** The checksum is right. */
  readonly sound: boolean
  /** False for a chunk that the file's end cuts. */
  readonly whole: boolean
}

/** A chunk to be written. */
export type ChunkContent = readonly [type: string, content: Uint8Array]

/** A file taken apart. */
export interface PngFile {
  readonly chunks: readonly Chunk[]
  /** The chunk IEND was met. */
  readonly ended: boolean
}

const SIGNATURE = 8
const FRAME = 12

/** The chunks up to IEND, or up to where the file stops being one of chunks. */
export function readChunks(bytes: Uint8Array): PngFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at)
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (!/^[A-Za-z]{4}$/.test(type)) return { chunks, ended: false }
    const end = at + FRAME + size
    const whole = end <= bytes.length
    const sound = whole && crc32(bytes.subarray(at + 4, end - 4)) === view.getUint32(end - 4)
    if (type === 'IEND') return { chunks, ended: true }
    chunks.push({ type, data: bytes.subarray(at + 8, Math.min(bytes.length, whole ? end - 4 : bytes.length)), sound, whole })
    at = end
  }
  return { chunks, ended: false }
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
