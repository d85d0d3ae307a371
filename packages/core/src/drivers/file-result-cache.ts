import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { assertDigest, type Digest } from '../artifact/digest.ts'
import { isDiskFull } from '../errors/disk-full.ts'
import { ImageDocError, isImageDocError } from '../errors/error.ts'
import type { ResultCache, ResultRecord } from '../ports/result-cache.ts'
import { type CountedFile, createDiskBudget } from './disk-budget.ts'
import { refresh } from './file-age.ts'
import type { FileBlobStore } from './file-blob-store.ts'
import { closedError, createLocalLeases } from './local-leases.ts'
import { decodeRecord, encodeRecord, headerBytesOf, peekRecord, referencesOf } from './record-codec.ts'
import { hexOfKey } from './result-key.ts'
import { createStaging, isMissing, namesIn, removeFile, type Staging, systemCode } from './staging.ts'

export interface FileResultCacheOptions {
  /** A folder; it is made when it is missing. Several processes may share it, and it may be the folder of the blob store. */
  path: string
  /** Where larger outputs live. Its namespace `cache` counts towards `maxBytes` and is emptied by `clear`: this cache owns it. */
  blobs?: FileBlobStore
  /** Records and cached blobs together, on the disk. @default 10 GiB */
  maxBytes?: number
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

interface Folder extends Required<Omit<FileResultCacheOptions, 'blobs'>> {
  blobs: FileBlobStore | undefined
  staging: Staging
}

/** A purge reads this much of each record at first; only a manifest of many pages has a longer header. */
const PEEK_BYTES = 8 * 1024

/**
 * Results as files, one for each key: `<path>/results/ab/abcdef…`. Records and cached blobs are one list by age of last use, and the oldest go first,
 * whichever they are: a record whose blob is gone is a miss, a blob whose record is gone ages until it goes. Nothing refers to anything, so neither a crash
 * nor another process can leave something behind for ever. The bound is kept by the process that writes, in the background.
 *
 * `lease` is a single flight within this process; two processes may compute the same result, and both results are good. `forget` reads the header of
 * every record (about 0.1 ms each): an index would make every `put` dearer for the sake of a rare purge, and could be incomplete after a crash. It
 * removes the cached blobs of what it forgets as well, even when another original led to the same bytes: that is a miss there.
 */
export function createFileResultCache(options: FileResultCacheOptions): ResultCache {
  const { path, blobs, maxBytes = 10 * 1024 ** 3, now = Date.now } = options
  const folder: Folder = { path: join(path, 'results'), blobs, maxBytes, now, staging: createStaging(join(path, 'tmp')) }
  const budget = createDiskBudget(maxBytes, () => countedFiles(folder))
  const leases = createLocalLeases()
  let closed = false
  const using = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw closedError()
    return work().catch((error) => Promise.reject(unavailable(error)))
  }

  return {
    get: (key) => using(() => look(folder, hexOfKey(key))),
    put: (key, record, { ttlMs }) =>
      using(async () => {
        const hex = hexOfKey(key)
        const bytes = encodeRecord(record, { key: hex, ...(ttlMs === undefined ? {} : { expiresAt: now() + ttlMs }) })
        await folder.staging.write(async (handle) => {
          await handle.writeFile(bytes)
          return pathOf(folder, hex)
        })
        const referenced = await touchAll(blobs, record)
        leases.announce(hex)
        budget.spend(referenced.reduce<number>((sum, size) => sum + (size ?? 0), bytes.length))
      }),
    lease: (key, { signal }) =>
      using(async () => {
        const hex = hexOfKey(key)
        return leases.acquire(hex, { signal, look: () => using(() => look(folder, hex)) })
      }),
    forget: (source) =>
      using(async () => {
        assertDigest(source)
        return forgetSource(folder, source)
      }),
    clear: () =>
      using(async () => {
        for await (const file of recordFiles(folder)) await removeFile(file.path)
        for await (const { digest } of blobs?.cached() ?? []) await blobs?.delete('cache', digest)
      }),
    stats: () =>
      using(async () => {
        await budget.settled()
        let entries = 0
        let bytes = 0
        for await (const file of countedFiles(folder)) {
          bytes += file.bytes
          if (file.record) entries++
        }
        return { entries, bytes }
      }),
    async [Symbol.asyncDispose]() {
      closed = true
      leases.close()
      await budget.settled()
    },
  }
}

async function look(folder: Folder, hex: string): Promise<ResultRecord | undefined> {
  const path = pathOf(folder, hex)
  const bytes = await readFile(path).catch((error) => (isMissing(error) ? undefined : Promise.reject(error)))
  if (!bytes) return undefined
  const found = decodeRecord(bytes, hex)
  const useful = found && folder.now() < (found.expiresAt ?? Number.POSITIVE_INFINITY)
  if (useful && (!folder.blobs || (await touchAll(folder.blobs, found.record)).every((size) => size !== undefined))) {
    await refresh(path, { lazily: true })
    return found.record
  }
  await removeFile(path)
  return undefined
}

async function touchAll(blobs: FileBlobStore | undefined, record: ResultRecord): Promise<(number | undefined)[]> {
  return blobs ? Promise.all(referencesOf(record).map(({ digest }) => blobs.touch(digest))) : []
}

async function forgetSource(folder: Folder, source: Digest): Promise<number> {
  let forgotten = 0
  for await (const { path } of recordFiles(folder)) {
    const peeked = await peekFile(path)
    if (peeked?.source !== source) continue
    if (await removeFile(path)) forgotten++
    for (const { digest } of peeked.references) await folder.blobs?.delete('cache', digest)
  }
  return forgotten
}

async function peekFile(path: string): Promise<ReturnType<typeof peekRecord>> {
  const handle = await open(path, 'r').catch((error) => (isMissing(error) ? undefined : Promise.reject(error)))
  if (!handle) return undefined
  try {
    const start = Buffer.alloc(PEEK_BYTES)
    const { bytesRead } = await handle.read(start, 0, PEEK_BYTES, 0)
    const wanted = headerBytesOf(start.subarray(0, bytesRead))
    if (wanted === undefined) return undefined
    return peekRecord(wanted <= bytesRead ? start : await readFile(path))
  } finally {
    await handle.close()
  }
}

const pathOf = (folder: Folder, hex: string) => join(folder.path, hex.slice(0, 2), hex)

async function* recordFiles(folder: Folder): AsyncGenerator<CountedFile & { record: true }, void, undefined> {
  for (const shard of await namesIn(folder.path)) {
    for (const name of await namesIn(join(folder.path, shard))) {
      const path = join(folder.path, shard, name)
      const info = await stat(path).catch(() => undefined)
      if (info?.isFile()) yield { path, bytes: info.size, usedAt: info.mtime, record: true }
    }
  }
}

async function* countedFiles(folder: Folder): AsyncGenerator<CountedFile & { record: boolean }, void, undefined> {
  yield* recordFiles(folder)
  for await (const { path, bytes, refreshedAt } of folder.blobs?.cached() ?? []) yield { path, bytes, usedAt: refreshedAt, record: false }
}

function unavailable(error: unknown): ImageDocError {
  // What the blob store says is, seen from here, a cache that does not work.
  if (isImageDocError(error) && error.code !== 'STORE_FAILED' && error.code !== 'STORE_FULL') return error
  const reason = isImageDocError(error) ? error.message : `The result cache could not be used: ${reasonOf(error)}.`
  return new ImageDocError('CACHE_UNAVAILABLE', reason, { cause: error })
}

const reasonOf = (error: unknown): string => (isDiskFull(error) ? 'the disk is full' : `the system says ${systemCode(error)}`)
