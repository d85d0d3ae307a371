import { pipeline as pipe, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createZstdDecompress, zstdDecompress } from 'node:zlib'
import { createDigester, type Digest, digestOf, ImageDocError, isImageDocError, throwIfAborted } from '@imagedoc/core'
import type { S3Connection } from './connection.ts'
import { isBroken, isTaken, storeFailed } from './errors.ts'
import { head, type S3Object } from './object.ts'

/** Up to here a blob is read and checked before anybody sees it: an A4 page at 300 dpi in colour has 26 MB. */
const WHOLE_BYTES = 32 * 1024 ** 2
const PIECE_BYTES = 1024 ** 2

/** A connection that breaks in the middle of a read is made anew where it broke, so often without a byte in between. */
const ATTEMPTS = 3

const unpack = promisify(zstdDecompress)

/** The body of an answer, as the SDK gives it on Node. */
export type Body = AsyncIterable<Uint8Array> & { destroy(): unknown }

/** What of an object is read. */
export interface Reading {
  readonly object: S3Object
  /** In bytes of the content; `end` is exclusive. */
  readonly start: number
  readonly end: number
  /** Never in one piece, unless it is a small one. */
  readonly pieces?: boolean | undefined
  readonly signal: AbortSignal | undefined
  /** An answer that gives all of it already. */
  readonly body?: Body | undefined
}

/** The bytes of a blob: a whole read is checked against its digest. */
export async function* blobPieces(connection: S3Connection, reading: Reading, digest: Digest): AsyncGenerator<Uint8Array, void, undefined> {
  const { object, start, end } = reading
  const whole = start === 0 && end === object.size
  if (whole && Math.max(end, object.stored) <= (reading.pieces ? PIECE_BYTES : WHOLE_BYTES)) {
    const bytes = await inOnePiece(connection, reading)
    if (digestOf(bytes) !== digest) throw damaged()
    if (bytes.length > 0) yield bytes
    return
  }
  const digester = createDigester()
  // The last one is held back until all are checked: so nobody gets all bytes of a damaged blob.
  let last: Uint8Array | undefined
  for await (const piece of object.packed ? unpackedPieces(connection, reading) : storedPieces(connection, reading)) {
    if (whole) digester.update(piece)
    if (last) yield last
    last = piece
  }
  if (whole && digester.digest() !== digest) throw damaged()
  if (last) yield last
}

async function inOnePiece(connection: S3Connection, reading: Reading): Promise<Uint8Array> {
  const { object, end } = reading
  const bytes = new Uint8Array(object.stored)
  let at = 0
  for await (const piece of storedPieces(connection, { ...reading, end: object.stored })) {
    bytes.set(piece, at)
    at += piece.length
  }
  if (!object.packed) return bytes
  // One chunk of the final size: otherwise zlib gathers pieces of 16 KiB and copies them together.
  const options = { chunkSize: Math.max(end, 64), maxOutputLength: Math.max(end, 1) }
  return unpack(bytes, options).catch(() => {
    throw damaged()
  })
}

/** Unpacked from the beginning, whatever is asked for. */
async function* unpackedPieces(connection: S3Connection, reading: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  const { object, start, end } = reading
  const unpacked = createZstdDecompress({ chunkSize: PIECE_BYTES })
  const packed = Readable.from(storedPieces(connection, { ...reading, start: 0, end: object.stored }))
  let failed: unknown
  packed.once('error', (error) => {
    failed = error
  })
  pipe(packed, unpacked, () => {})
  try {
    let at = 0
    for await (const chunk of unpacked as AsyncIterable<Uint8Array>) {
      const piece = chunk.subarray(Math.max(start - at, 0), Math.max(end - at, 0))
      at += chunk.length
      if (piece.length > 0) yield piece
      if (at >= end) return
    }
    throw damaged()
  } catch (error) {
    // What is no zstd has dozens of codes; all of them mean damage.
    throw failed ?? (isImageDocError(error) ? error : damaged())
  } finally {
    packed.destroy()
    unpacked.destroy()
  }
}

/** The bytes as they are in the bucket, across connections that break, and although the same content is put once more meanwhile. */
export async function* storedPieces(connection: S3Connection, reading: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  const { end, signal } = reading
  let { object, start: at, body } = reading
  let failures = 0
  try {
    while (at < end) {
      try {
        body ??= await bodyFrom(connection, { ...reading, object }, at)
        for await (const piece of body) {
          if (at + piece.length > end) throw damaged()
          at += piece.length
          failures = 0
          yield piece
        }
        body = undefined
        if (at < end) throw new Error('The answer ended before its end.')
      } catch (error) {
        const isAnother = isTaken(error)
        if (signal?.aborted || !(isBroken(error) || isAnother) || ++failures >= ATTEMPTS) throw error
        if (isAnother) object = await putAgain(connection, object, error)
        body?.destroy()
        body = undefined
      }
    }
  } finally {
    body?.destroy()
  }
}

/** Under one key there is one content, but every copy and upload of it may have a tag of its own. @throws the error when it lies there otherwise now */
async function putAgain(connection: S3Connection, { key, stored, packed }: S3Object, error: unknown): Promise<S3Object> {
  const now = await head(connection, key)
  if (now?.stored !== stored || now.packed !== packed) throw error
  return now
}

async function bodyFrom(connection: S3Connection, { object, end, signal }: Reading, start: number): Promise<Body> {
  throwIfAborted(signal)
  const client = await connection.client()
  const range = { Range: `bytes=${start}-${end - 1}`, IfMatch: object.etag }
  const { Body } = await client.getObject({ Bucket: connection.bucket, Key: object.key, ...range }, signal ? { abortSignal: signal } : {})
  return Body as unknown as Body
}

/** What a stream of pieces is told. */
export interface StreamOptions {
  readonly signal?: AbortSignal | undefined
  /** An answer that is open already: pieces that nobody ever asked for do not close it. */
  readonly body?: Body | undefined
  /** Told of an error before the reader is. */
  readonly failed?: (error: ImageDocError) => Promise<void>
}

/** As a stream that ends at once when the signal aborts. */
export function streamOf(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
  { signal, body, failed }: StreamOptions,
): ReadableStream<Uint8Array> {
  let abort: (() => void) | undefined
  const finish = (): void => {
    if (abort) signal?.removeEventListener('abort', abort)
  }
  const stop = async (): Promise<void> => {
    finish()
    body?.destroy()
    await pieces.return()
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => {
          controller.error(storeFailed(undefined, 'read', signal))
          void stop().catch(() => {})
        }
        // It may have been aborted while the object was found, of which no event tells any more.
        if (signal?.aborted) abort()
        else signal?.addEventListener('abort', abort, { once: true })
      },
      async pull(controller) {
        try {
          const { done, value } = await pieces.next()
          if (signal?.aborted) return
          if (!done) return controller.enqueue(value)
          finish()
          controller.close()
        } catch (error) {
          finish()
          const translated = storeFailed(error, 'read', signal)
          await failed?.(translated)
          if (!signal?.aborted) controller.error(translated)
        }
      },
      cancel: stop,
    },
    // A reader that has not asked yet holds one connection, and nothing of it in memory.
    { highWaterMark: 0 },
  )
}

function damaged(): ImageDocError {
  const message = 'A stored blob is damaged: its bytes no longer have its digest. It has to be made or uploaded again.'
  return new ImageDocError('DIGEST_MISMATCH', message)
}
