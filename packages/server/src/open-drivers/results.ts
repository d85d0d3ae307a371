import { join } from 'node:path'
import { type BlobStore, createFileResultCache, createMemoryResultCache, createTieredResultCache, type ResultCache } from '@imagedoc/core'
import type { ServerSettings } from '../settings/settings.ts'
import type { FileBlobs } from './objects.ts'

/** Of a Redis whose other keys must find room. */
const SHARED_BYTES = 256 * 2 ** 20

export interface ResultsOptions {
  readonly settings: ServerSettings
  readonly blobs: BlobStore
  /** The same, where they are those of the data folder: a cache in files counts them and drops its own. */
  readonly files: FileBlobs | undefined
}

/** Where the result cache is in Redis. */
export function cacheUrlOf({ redisCacheUrl, redisUrl }: ServerSettings): string | undefined {
  return redisCacheUrl ?? redisUrl
}

/** The result cache; in memory first where it is files. A Redis is asked each time: another process may have forgotten a record. */
export async function openResults({ settings, blobs, files }: ResultsOptions, stack: AsyncDisposableStack): Promise<ResultCache> {
  const url = cacheUrlOf(settings)
  if (url === undefined) {
    const kept = createFileResultCache({ path: join(settings.dataFolder, 'cache'), ...(files ? { blobs: files } : {}) })
    return stack.use(createTieredResultCache(createMemoryResultCache(), kept))
  }
  const { createRedisResultCache } = await import('@imagedoc/core/drivers/redis')
  const isShared = settings.redisCacheUrl === undefined || settings.redisCacheUrl === settings.redisUrl
  const maxBytes = settings.redisCacheBytes ?? (isShared ? SHARED_BYTES : undefined)
  return stack.use(createRedisResultCache({ url, blobs, ...(maxBytes === undefined ? {} : { maxBytes }) }))
}
