import { randomUUID } from 'node:crypto'
import { pipeline as pipe, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, createZstdCompress, zstdCompress } from 'node:zlib'
import {
  type BlobNamespace,
  createDigester,
  type Descriptor,
  type Digest,
  digestOf,
  ImageDocError,
  isImageDocError,
  PIXELS_MEDIA_TYPE,
} from '@imagedoc/core'
import type { S3Connection } from './connection.ts'
import { copy, refresh } from './copy.ts'
import { isBroken, isMissing, isTaken } from './errors.ts'
import { blobPath, checked, stagingPath } from './keys.ts'
import { type Multipart, multipart } from './multipart.ts'
import { head, metadataOf, remove } from './object.ts'

const MIB = 1024 ** 2

/** Two of these are in memory for each stream. S3 allows 10,000, and none but the last below 5 MiB: a stream has 80 GB at most. */
const PART_BYTES = 8 * MIB
/** Bytes in memory go in one request up to here. */
const WHOLE_BYTES = 64 * MIB
/** Others who delete, or write anew, what was there just now. */
const ATTEMPTS = 3

/** Level 1, as the store on files has it: 86 ms for an A4 page in colour. */
const zstd = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const pack = promisify(zstdCompress)

export interface Put {
  readonly namespace: BlobNamespace
  readonly content: Uint8Array | ReadableStream<Uint8Array>
  readonly mediaType: string
  readonly expect?: Digest
}

/** A blob of which everything is known. */
interface Known {
  readonly namespace: BlobNamespace
  readonly descriptor: Descriptor
  readonly packed: boolean
}

/** Stores a blob. @throws DIGEST_MISMATCH; what the SDK throws */
export async function putBlob(connection: S3Connection, { namespace, content, mediaType, expect }: Put): Promise<Descriptor> {
  if (expect !== undefined) checked(expect)
  const packed = mediaType === PIXELS_MEDIA_TYPE
  if (content instanceof Uint8Array && content.length <= WHOLE_BYTES) {
    const descriptor = { mediaType, digest: digestOf(content), size: content.length }
    assertExpected(descriptor.digest, expect)
    await putWhole(connection, { namespace, descriptor, packed }, packed ? await pack(content, zstd) : content)
    return descriptor
  }
  const measure = createMeasure(content instanceof Uint8Array ? [content] : content)
  const parts = partsOf(packed ? packing(measure.pieces()) : measure.pieces())
  const describe = (): Descriptor => {
    const descriptor = { mediaType, ...measure.result() }
    assertExpected(descriptor.digest, expect)
    return descriptor
  }
  try {
    return await putStream(connection, { namespace, packed, parts, describe, mediaType, expect })
  } finally {
    // Lets go of the stream, also when nobody got as far as reading it.
    await parts.return()
  }
}

interface Streamed {
  readonly namespace: BlobNamespace
  readonly packed: boolean
  readonly parts: AsyncGenerator<Uint8Array, void, undefined>
  /** Once all parts have been read. @throws DIGEST_MISMATCH */
  readonly describe: () => Descriptor
  readonly mediaType: string
  readonly expect: Digest | undefined
}

async function putStream(
  connection: S3Connection,
  { namespace, packed, parts, describe, mediaType, expect }: Streamed,
): Promise<Descriptor> {
  const first = await parts.next()
  if (first.done || first.value.length < PART_BYTES) {
    // A short part is the last.
    if (!first.done) await parts.next()
    const descriptor = describe()
    await putWhole(connection, { namespace, descriptor, packed }, first.value ?? new Uint8Array())
    return descriptor
  }
  const path = expect && !packed ? blobPath(namespace, expect) : stagingPath(randomUUID())
  const key = connection.key(path)
  const descriptor = await multipart(connection, { key, mediaType, metadata: {} }, async (to) => {
    const sent = await sendParts(to, prepended(first.value, parts))
    return { ...sent, value: describe() }
  })
  if (path.startsWith(stagingPath(''))) await moveStaged(connection, key, { namespace, descriptor, packed })
  return descriptor
}

async function putWhole(connection: S3Connection, { namespace, descriptor, packed }: Known, body: Uint8Array): Promise<void> {
  const client = await connection.client()
  const { digest, mediaType, size } = descriptor
  const key = connection.key(blobPath(namespace, digest))
  const request = {
    Bucket: connection.bucket,
    Key: key,
    Body: body,
    ContentType: mediaType,
    Metadata: metadataOf({ packed, size }),
    // The server refuses what was changed on its way.
    ...(!packed && { ChecksumSHA256: Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64') }),
  }
  // An owned blob is written again: what is there may be damaged, and this is the moment that can heal it.
  if (namespace === 'objects') return void (await client.putObject(request))
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await client.putObject({ ...request, IfNoneMatch: '*' }))
    } catch (error) {
      const broken = isBroken(error)
      if (!isTaken(error) && !broken) throw error
      // Also when only the answer was lost, or was not heard because the server refused to take the rest of the body.
      if (await refresh(connection, key)) return
      if (broken || attempt === ATTEMPTS) throw error
    }
  }
}

/** A stream whose digest is known at its end was written beside, and is copied to its place within the bucket. */
async function moveStaged(connection: S3Connection, key: string, { namespace, descriptor, packed }: Known): Promise<void> {
  const { mediaType, digest, size } = descriptor
  try {
    const staged = await head(connection, key)
    if (!staged) throw new ImageDocError('STORE_FAILED', 'A blob could not be stored: the S3 server lost what was written just now.')
    const to = { key: connection.key(blobPath(namespace, digest)), mediaType, metadata: metadataOf({ packed, size }) }
    await copy(connection, staged, { to })
  } finally {
    // What stays is swept when it is a day old.
    await remove(connection, key).catch(() => {})
  }
}

/** One part is on its way while the next is gathered. */
async function sendParts({ upload }: Multipart, pieces: AsyncIterable<Uint8Array>) {
  const sent: ReturnType<Multipart['upload']>[] = []
  let size = 0
  try {
    for await (const piece of pieces) {
      await sent.at(-1)
      size += piece.length
      const sending = upload(sent.length + 1, piece)
      sending.catch(() => {})
      sent.push(sending)
    }
    return { parts: await Promise.all(sent), size }
  } finally {
    // An upload is aborted only when nothing of it is on its way any more: else that part would stay.
    await Promise.allSettled(sent)
  }
}

/** Digest and size of what flows through. */
function createMeasure(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  const digester = createDigester()
  let size = 0
  return {
    async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for await (const piece of content) {
          digester.update(piece)
          size += piece.length
          yield piece
        }
      } catch (error) {
        if (isImageDocError(error)) throw error
        throw new ImageDocError('STORE_FAILED', 'A blob could not be stored: the stream of its bytes broke off.', { cause: error })
      }
    },
    result: () => ({ digest: digester.digest(), size }),
  }
}

async function* packing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const packed = createZstdCompress({ ...zstd, chunkSize: MIB })
  pipe(Readable.from(pieces), packed, () => {})
  yield* packed as AsyncIterable<Uint8Array>
}

/** Parts of the same size, in memory of their own; the last one is shorter, and may be empty only where it is the only one. */
async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let part = new Uint8Array(PART_BYTES)
  let filled = 0
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.length; ) {
      const more = piece.subarray(taken, taken + PART_BYTES - filled)
      part.set(more, filled)
      taken += more.length
      filled += more.length
      if (filled < PART_BYTES) continue
      yield part
      part = new Uint8Array(PART_BYTES)
      filled = 0
    }
  }
  if (filled > 0) yield part.subarray(0, filled)
}

async function* prepended<Value>(first: Value, rest: AsyncIterable<Value>): AsyncGenerator<Value, void, undefined> {
  yield first
  yield* rest
}

function assertExpected(digest: Digest, expect: Digest | undefined): void {
  if (expect === undefined || expect === digest) return
  const message = `The bytes have the digest ${digest}, but ${expect} was expected. Nothing was kept; send them again.`
  throw new ImageDocError('DIGEST_MISMATCH', message)
}

/** A cached blob becomes an owned one within the bucket. @returns false when it is not there */
export async function promoteBlob(connection: S3Connection, digest: Digest): Promise<boolean> {
  const owned = connection.key(blobPath('objects', digest))
  for (let attempt = 1; ; attempt++) {
    if (await refresh(connection, owned)) return true
    const cached = await head(connection, connection.key(blobPath('cache', digest)))
    if (!cached) return false
    try {
      await copy(connection, cached, { to: { ...cached, key: owned } })
      return true
    } catch (error) {
      if (isMissing(error)) return false
      // The cached one was refreshed meanwhile.
      if (!isTaken(error) || attempt === ATTEMPTS) throw error
    }
  }
}
