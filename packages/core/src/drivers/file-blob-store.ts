import { copyFile, link, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { assertDigest, type Descriptor, type Digest, digestOf } from '../artifact/digest.ts'
import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import { isDiskFull } from '../errors/disk-full.ts'
import { ImageDocError, isImageDocError, throwIfAborted } from '../errors/error.ts'
import type { BlobNamespace, BlobStore } from '../ports/blob-store.ts'
import { type BlobFile, openBlobFile, WHOLE_BYTES, writeStream, writeWhole } from './blob-file.ts'
import { type BlobEntry, type BlobPlace, blobEntries, placeOf, placesOf } from './blob-folders.ts'
import { blobStream, rangeOf } from './blob-stream.ts'
import { type CountedFile, createDiskBudget } from './disk-budget.ts'
import { refresh, statOf } from './file-age.ts'
import { createStaging, isMissing, removeFile, type Staging, syncFolder, systemCode } from './staging.ts'

export interface FileBlobStoreOptions {
  /** A folder; it is made when it is missing. Several processes may share it. */
  path: string
  /**
   * For the namespace `cache`, on the disk; those not used for longest go first. Not to be given where a file result cache bounds it, but where the
   * records are in Redis. @default none
   */
  maxCachedBytes?: number
}

/** What a file result cache needs beyond the port to keep the cached blobs within its bound. */
export interface FileBlobStore extends BlobStore {
  /**
   * Refreshes the age of a blob, unless that was done within the last minute. Gives the bytes it takes on the disk in `cache`: 0 when it is only
   * among the `objects`, `undefined` when it is nowhere. @throws STORE_FAILED
   */
  touch(digest: Digest): Promise<number | undefined>
  /** Every file in the namespace `cache`, with the bytes it takes on the disk. @throws STORE_FAILED */
  cached(): AsyncIterable<BlobEntry>
}

/**
 * Blobs as files under their digest: `<path>/<namespace>/ab/abcdef…`. Written beside and renamed, so that neither a reader nor a crash sees half
 * of one; `objects` are on the disk before `put` resolves. Raw pixels are compressed by zstd on the disk: digest, size and ranges are those of the
 * plain bytes. A damaged blob is removed from `cache`, and from `objects` never; putting it again heals it. Bytes given to `put` must not change
 * until it resolves.
 */
export function createFileBlobStore({ path, maxCachedBytes }: FileBlobStoreOptions): FileBlobStore {
  const staging = createStaging(join(path, 'tmp'))
  const budget = maxCachedBytes === undefined ? undefined : createDiskBudget(maxCachedBytes, () => cachedFiles(path))
  return {
    put: (namespace, content, options) =>
      translating('stored', async () => {
        const descriptor = await putBlob({ path, staging, namespace, content, ...options })
        if (namespace === 'cache') budget?.spend(descriptor.size)
        return descriptor
      }),
    open: (digest, options = {}) =>
      translating('opened', async () => {
        throwIfAborted(options.signal)
        const { discard, ...file } = await findFile(placesOf(path, checked(digest)))
        if (budget) await touchBlob(placesOf(path, digest))
        try {
          return blobStream(file, { digest, ...rangeOf(options, file.size), pieces: options.pieces, signal: options.signal, discard })
        } catch (error) {
          await file.handle.close()
          throw error
        }
      }),
    stat: (digest) => translating('found', () => statBlob(placesOf(path, checked(digest)))),
    promote: (digest) => translating('promoted', () => promoteBlob(path, checked(digest))),
    delete: (namespace, digest) =>
      translating('deleted', async () => {
        for (const place of placesOf(path, checked(digest), [namespace])) await removeFile(place.path)
      }),
    async *list(namespace, { olderThan, after }) {
      let last: Digest | undefined
      for await (const entry of translatingEach(blobEntries(path, namespace, after === undefined ? '' : checked(after)))) {
        if (entry.digest !== last && entry.refreshedAt < olderThan) yield entry.digest
        last = entry.digest
      }
    },
    touch: (digest) => translating('refreshed', () => touchBlob(placesOf(path, checked(digest)))),
    cached: () => translatingEach(blobEntries(path, 'cache')),
    [Symbol.asyncDispose]: async () => budget?.settled(),
  }
}

async function* cachedFiles(path: string): AsyncGenerator<CountedFile, void, undefined> {
  for await (const entry of blobEntries(path, 'cache')) yield { path: entry.path, bytes: entry.bytes, usedAt: entry.refreshedAt }
}

interface Put {
  path: string
  staging: Staging
  namespace: BlobNamespace
  content: Uint8Array | ReadableStream<Uint8Array>
  mediaType: string
  expect?: Digest
}

async function putBlob({ path, staging, namespace, content, mediaType, expect }: Put): Promise<Descriptor> {
  if (expect !== undefined) checked(expect)
  const packed = mediaType === PIXELS_MEDIA_TYPE
  const durable = namespace === 'objects'
  if (content instanceof Uint8Array && content.length <= WHOLE_BYTES) {
    const digest = digestOf(content)
    assertExpected(digest, expect)
    const descriptor = { mediaType, digest, size: content.length }
    // An owned blob is written again: its file may be damaged, and this is the moment that can heal it.
    if (!durable && (await refreshAny(placesOf(path, digest, [namespace])))) return descriptor
    const fill = () => placeOf(path, namespace, { digest, packed }).path
    await staging.write(async (handle) => writeWhole(handle, content, packed).then(fill), { durable })
    return descriptor
  }
  let written = { digest: '' as Digest, size: 0 }
  await staging.write(
    async (handle) => {
      written = await writeStream(handle, content instanceof Uint8Array ? inPieces(content) : content, packed)
      assertExpected(written.digest, expect)
      return placeOf(path, namespace, { digest: written.digest, packed }).path
    },
    { durable },
  )
  return { mediaType, ...written }
}

async function findFile(places: readonly BlobPlace[]): Promise<BlobFile & { discard: () => Promise<void> }> {
  for (const { namespace, path, packed } of places) {
    const discard = async () => void (namespace === 'cache' && (await removeFile(path)))
    try {
      return { ...(await openBlobFile(path, packed)), discard }
    } catch (error) {
      if (isMissing(error)) continue
      if (isImageDocError(error)) await discard()
      throw error
    }
  }
  throw notFound()
}

async function touchBlob(places: readonly BlobPlace[]): Promise<number | undefined> {
  for (const { namespace, path } of places) {
    const bytes = await refresh(path, { lazily: true })
    if (bytes !== undefined) return namespace === 'cache' ? bytes : 0
  }
  return undefined
}

async function refreshAny(places: readonly BlobPlace[]): Promise<boolean> {
  const bytes = await Promise.all(places.map(({ path }) => refresh(path)))
  return bytes.some((found) => found !== undefined)
}

async function statBlob(places: readonly BlobPlace[]): ReturnType<BlobStore['stat']> {
  const found = (await Promise.all(places.map(statFile))).filter((entry) => entry !== undefined)
  if (found.length === 0) return undefined
  const namespaces = [...new Set(found.map(({ namespace }) => namespace))]
  return { size: found[0]!.size, namespaces, refreshedAt: new Date(Math.max(...found.map(({ at }) => at))) }
}

async function statFile({
  namespace,
  path,
  packed,
}: BlobPlace): Promise<{ namespace: BlobNamespace; size: number; at: number } | undefined> {
  const found = statOf(path)
  if (!found || !packed) return found && { namespace, size: found.size, at: found.mtimeMs }
  try {
    // Only its header says what it unpacks to.
    const { handle, size } = await openBlobFile(path, packed)
    await handle.close()
    return { namespace, size, at: found.mtimeMs }
  } catch (error) {
    // A damaged one is as good as none, until `open` says so.
    if (isMissing(error) || isImageDocError(error)) return undefined
    throw error
  }
}

/** A second name for the same file: it stays in the cache too, for as long as the cache wants it, and takes no more room. */
async function promoteBlob(path: string, digest: Digest): Promise<void> {
  if (await refreshAny(placesOf(path, digest, ['objects']))) return
  for (const cached of placesOf(path, digest, ['cache'])) {
    const owned = placeOf(path, 'objects', { digest, packed: cached.packed }).path
    try {
      await syncFile(cached.path)
      await mkdir(dirname(owned), { recursive: true })
      await link(cached.path, owned).catch((error) => linkRefused(error, cached.path, owned))
      await syncFolder(dirname(owned))
      await refresh(cached.path)
      return
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  throw notFound()
}

async function linkRefused(error: unknown, from: string, to: string): Promise<void> {
  const code = systemCode(error)
  // Another process was first.
  if (code === 'EEXIST') return
  // File systems without hard links (exFAT, some network shares).
  if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(code)) throw error
  await copyFile(from, to)
  await syncFile(to)
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  await handle.sync().finally(() => handle.close())
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + WHOLE_BYTES))
      at += WHOLE_BYTES
    },
  })
}

/** A digest becomes a path: nothing else may. @throws INVALID_CONFIG */
function checked(digest: Digest): Digest {
  assertDigest(digest)
  return digest
}

function assertExpected(digest: Digest, expect: Digest | undefined): void {
  if (expect === undefined || expect === digest) return
  throw new ImageDocError(
    'DIGEST_MISMATCH',
    `The bytes have the digest ${digest}, but ${expect} was expected. Nothing was kept; send them again.`,
  )
}

function notFound(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'There is no such blob: it was never stored, it has expired, or it was deleted.')
}

async function translating<T>(done: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeFailed(error, done)
  }
}

async function* translatingEach<T>(entries: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* entries
  } catch (error) {
    throw storeFailed(error, 'listed')
  }
}

function storeFailed(error: unknown, done: string): ImageDocError {
  if (isImageDocError(error)) return error
  if (isDiskFull(error))
    return new ImageDocError('STORE_FULL', `A blob could not be ${done}: the disk is full. Make room on it.`, { cause: error })
  return new ImageDocError('STORE_FAILED', `A blob could not be ${done}: the system says ${systemCode(error)}.`, { cause: error })
}
