import { type FileHandle, open } from 'node:fs/promises'
import { pipeline as pipe, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createZstdCompress, createZstdDecompress, zstdCompress, zstdDecompress } from 'node:zlib'
import { createDigester, type Digest } from '../artifact/digest.ts'
import { ImageDocError } from '../errors/error.ts'

/** Up to here a blob is written and read in one piece: an A4 page at 300 dpi in colour has 26 MB, and pieces would double the time. */
export const WHOLE_BYTES = 64 * 1024 * 1024

/** Pieces of larger ones. */
export const PIECE_BYTES = 512 * 1024

/** A packed file begins with this and the size of what it unpacks to (64 bit, little endian), so that nobody unpacks to learn the size. */
const MAGIC = Buffer.from('IMDZSTD1')
const HEADER_BYTES = 16

/** Level 1: 86 ms for an A4 page in colour, 2 ms for a bilevel one. Higher levels cost more than they save. */
const zstdParams = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** An open file of one blob. */
export interface BlobFile {
  handle: FileHandle
  /** Compressed by zstd. */
  packed: boolean
  /** Of the blob, unpacked, in bytes. */
  size: number
}

/** Opens the file of a blob. The caller closes `handle`. @throws DIGEST_MISMATCH when a packed file has no header; errors of the system */
export async function openBlobFile(path: string, packed: boolean): Promise<BlobFile> {
  const handle = await open(path, 'r')
  try {
    if (!packed) return { handle, packed, size: (await handle.stat()).size }
    const header = Buffer.alloc(HEADER_BYTES)
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0)
    const size = Number(header.readBigUInt64LE(MAGIC.length))
    if (bytesRead < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC) || !Number.isSafeInteger(size)) throw damaged()
    return { handle, packed, size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Writes bytes in one piece. */
export async function writeWhole(handle: FileHandle, bytes: Uint8Array, packed: boolean): Promise<void> {
  if (!packed) return handle.writeFile(bytes)
  await handle.writeFile(headerOf(bytes.length))
  await handle.writeFile(await compress(bytes, zstdParams))
}

/** Writes a stream piece by piece, and tells what it was. */
export async function writeStream(
  handle: FileHandle,
  content: ReadableStream<Uint8Array>,
  packed: boolean,
): Promise<{ digest: Digest; size: number }> {
  const digester = createDigester()
  let size = 0
  async function* counted() {
    for await (const piece of content) {
      digester.update(piece)
      size += piece.length
      yield piece
    }
  }
  // Not a stream of the handle: those close the file, or keep it from being closed.
  const sink = async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) await handle.writeFile(piece)
  }
  if (!packed) await pipeline(counted, sink)
  else {
    await handle.writeFile(headerOf(0))
    await pipeline(counted, createZstdCompress({ ...zstdParams, chunkSize: PIECE_BYTES }), sink)
    await handle.write(headerOf(size), 0, HEADER_BYTES, 0)
  }
  return { digest: digester.digest(), size }
}

/** The whole blob in one piece; for blobs up to {@link WHOLE_BYTES}. @throws DIGEST_MISMATCH when it does not unpack to its size */
export async function readWhole(file: BlobFile): Promise<Uint8Array> {
  const from = file.packed ? HEADER_BYTES : 0
  const bytes = await readAt(file.handle, from, Math.max((await file.handle.stat()).size - from, 0))
  if (!file.packed) return bytes
  // One chunk of the final size: otherwise zlib gathers pieces of 16 KiB and copies them together.
  const unpacked = await unpacking(() => decompress(bytes, { chunkSize: Math.max(file.size, 64), maxOutputLength: Math.max(file.size, 1) }))
  if (unpacked.length !== file.size) throw damaged()
  return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length)
}

/** The bytes from `start` to `end` (exclusive) in pieces. A packed blob is unpacked from its beginning. */
export async function* readPieces(file: BlobFile, start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (start >= end) return
  if (!file.packed) {
    yield* storedPieces(file.handle, start, end)
    return
  }
  const unpacked = createZstdDecompress({ chunkSize: PIECE_BYTES })
  pipe(Readable.from(storedPieces(file.handle, HEADER_BYTES, Number.POSITIVE_INFINITY)), unpacked, () => {})
  const pieces = unpacked[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  try {
    for (let at = 0; at < end; ) {
      const { done, value } = await unpacking(() => pieces.next())
      if (done) throw damaged()
      const piece = value.subarray(Math.max(start - at, 0), Math.max(end - at, 0))
      at += value.length
      if (piece.length > 0) yield piece
    }
  } finally {
    unpacked.destroy()
  }
}

async function* storedPieces(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; ) {
    const piece = await readAt(handle, at, Math.min(PIECE_BYTES, end - at))
    if (piece.length === 0) return
    yield piece
    at += piece.length
  }
}

/** Fewer bytes than `length` where the file ends. */
async function readAt(handle: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  let read = 0
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, start + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return bytes.subarray(0, read)
}

/** The error of bytes that are not what was stored. */
export function damaged(): ImageDocError {
  return new ImageDocError(
    'DIGEST_MISMATCH',
    'A stored blob is damaged: its bytes no longer have its digest. It has to be made or uploaded again.',
  )
}

function headerOf(size: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header.writeBigUInt64LE(BigInt(size), MAGIC.length)
  return header
}

/** zlib has dozens of codes for bytes that are no zstd; all of them mean damage. Errors of the disk stay what they are. */
async function unpacking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw error
    throw damaged()
  }
}
