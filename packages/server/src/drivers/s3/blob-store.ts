import { type BlobNamespace, type BlobStore, type Digest, ImageDocError, throwIfAborted } from '@imagedoc/core'
import type { S3Connection } from './connection.ts'
import { isMissing, storeFailed } from './errors.ts'
import { blobPath, checked, digestOfKey } from './keys.ts'
import { createS3Leftovers } from './leftovers.ts'
import { describe, head, remove, type S3Object } from './object.ts'
import { type Body, blobPieces, streamOf } from './read.ts'
import { createWhereabouts, type Whereabouts } from './whereabouts.ts'
import { promoteBlob, putBlob } from './write.ts'

const DAY_MS = 86_400_000
const namespaces = ['cache', 'objects'] as const

/**
 * Blobs as objects of an S3 bucket, under their digest: `<prefix>cache/ab/abcdef…`, `<prefix>objects/ab/abcdef…`. Nothing of a blob can be read
 * before all of it is there. Raw pixels are compressed by zstd: digest, size and ranges are those of the plain bytes. Any number of processes may
 * share a bucket. What a process that was killed left of a long stream is swept by the next one that writes a stream. Disposing of the store closes
 * the connection.
 */
export function createS3BlobStore(connection: S3Connection): BlobStore {
  const sweep = createSweep(connection)
  const whereabouts = createWhereabouts()
  return {
    put: (namespace, content, options) =>
      translating('stored', async () => {
        if (!(content instanceof Uint8Array)) sweep()
        const descriptor = await putBlob(connection, { namespace, content, ...options })
        whereabouts.seen(descriptor.digest, namespace)
        return descriptor
      }),
    open: (digest, options = {}) => translating('opened', () => openBlob({ connection, whereabouts }, digest, options), options.signal),
    stat: (digest) => translating('found', () => statBlob(connection, digest)),
    promote: (digest) =>
      translating('promoted', async () => {
        if (!(await promoteBlob(connection, checked(digest)))) throw notFound()
        whereabouts.seen(digest, 'objects')
      }),
    delete: (namespace, digest) => translating('deleted', async () => remove(connection, connection.key(blobPath(namespace, digest)))),
    list: (namespace, options) => listBlobs(connection, namespace, options),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}

type Opening = NonNullable<Parameters<BlobStore['open']>[1]>

interface Reader {
  readonly connection: S3Connection
  readonly whereabouts: Whereabouts
}

async function openBlob(
  { connection, whereabouts }: Reader,
  digest: Digest,
  { start = 0, end, pieces, signal }: Opening,
): ReturnType<BlobStore['open']> {
  assertRange(start, end)
  throwIfAborted(signal)
  const places = whereabouts.guess(checked(digest)).map((namespace) => ({ namespace, key: connection.key(blobPath(namespace, digest)) }))
  const whole = start === 0 && end === undefined
  for (const { namespace, key } of places) {
    const found = whole ? await get(connection, key, signal) : await headed(connection, key, signal)
    if (!found) continue
    whereabouts.seen(digest, namespace)
    const { object, body } = found
    const discard = async (): Promise<void> => void (namespace === 'cache' && (await remove(connection, key)))
    const size = object.size
    if (size === undefined) {
      body?.destroy()
      await discard()
      throw new ImageDocError('DIGEST_MISMATCH', 'A stored blob is damaged: it does not say its size. It has to be made or uploaded again.')
    }
    const reading = { object, body, pieces, signal, start: Math.min(start, size), end: Math.min(end ?? size, size) }
    // The bytes are of no use to anyone; that they could not be removed changes nothing for this reader.
    const failed = async ({ code }: ImageDocError): Promise<void> => void (code === 'DIGEST_MISMATCH' && (await discard().catch(() => {})))
    return streamOf(blobPieces(connection, reading, digest), { signal, body, failed })
  }
  throw notFound()
}

interface Found {
  readonly object: S3Object
  readonly body?: Body
}

async function get(connection: S3Connection, key: string, signal: AbortSignal | undefined): Promise<Found | undefined> {
  const client = await connection.client()
  try {
    const answer = await client.getObject({ Bucket: connection.bucket, Key: key }, signal ? { abortSignal: signal } : {})
    return { object: describe(key, answer), body: answer.Body as unknown as Body }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function headed(connection: S3Connection, key: string, signal: AbortSignal | undefined): Promise<Found | undefined> {
  const object = await head(connection, key, signal)
  return object && { object }
}

async function statBlob(connection: S3Connection, digest: Digest): ReturnType<BlobStore['stat']> {
  const keys = namespaces.map((namespace) => ({ namespace, key: connection.key(blobPath(namespace, digest)) }))
  const found = await Promise.all(keys.map(async ({ namespace, key }) => ({ namespace, object: await head(connection, key) })))
  // One that does not say its size is damaged, and as good as none until `open` says so.
  const there = found.flatMap(({ namespace, object }) => (object?.size === undefined ? [] : [{ namespace, size: object.size, object }]))
  const [first] = there
  if (!first) return undefined
  const refreshedAt = new Date(Math.max(...there.map(({ object }) => object.modified.getTime())))
  return { size: first.size, namespaces: there.map(({ namespace }) => namespace), refreshedAt }
}

/** Keys come in the order of their bytes, and so in that of the digests. */
async function* listBlobs(
  connection: S3Connection,
  namespace: BlobNamespace,
  { olderThan, after }: Parameters<BlobStore['list']>[1],
): AsyncGenerator<Digest, void, undefined> {
  let last = after === undefined ? undefined : connection.key(blobPath(namespace, after))
  for (let more = true; more; ) {
    const page = await translating('listed', async () => {
      const client = await connection.client()
      const request = { Bucket: connection.bucket, Prefix: connection.key(`${namespace}/`) }
      return client.listObjectsV2({ ...request, ...(last !== undefined && { StartAfter: last }) })
    })
    const { Contents = [], IsTruncated = false } = page
    for (const { Key = '', LastModified } of Contents) {
      const digest = digestOfKey(Key)
      if (digest && LastModified && LastModified < olderThan) yield digest
    }
    last = Contents.at(-1)?.Key ?? last
    more = IsTruncated && Contents.length > 0
  }
}

/** What a process that was killed left: once a day in each process, beside its work. */
function createSweep(connection: S3Connection): () => void {
  const leftovers = createS3Leftovers(connection)
  const signal = AbortSignal.any([])
  let sweptAt = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - sweptAt < DAY_MS) return
    sweptAt = performance.now()
    // What fails is the next day's, or the next process's.
    void leftovers.sweep(new Date(Date.now() - DAY_MS), { dryRun: false, signal }).catch(() => {})
  }
}

function assertRange(start: number, end = start): void {
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end >= start) return
  throw new ImageDocError('USAGE', `The range ${start} to ${end} is no range of bytes; give whole numbers, 0 <= start <= end.`)
}

function notFound(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'There is no such blob: it was never stored, it has expired, or it was deleted.')
}

async function translating<T>(done: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeFailed(error, done, signal)
  }
}
