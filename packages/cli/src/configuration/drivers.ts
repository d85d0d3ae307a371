import { join } from 'node:path'
import {
  type BlobStore,
  createFileBlobStore,
  createFileResultCache,
  createMemoryResultCache,
  createTieredResultCache,
  ImageDocError,
  type ResultCache,
} from '@imagedoc/core'
import { makeFolder } from '../outputs/make-folder.ts'
import type { Environment } from './environment.ts'

/** Where results are kept. */
export interface Drivers {
  readonly cache: ResultCache
  readonly blobs: BlobStore
  /** In words, without credentials. */
  readonly description: string
}

/** Of the folder, when nobody says otherwise. */
const MAX_BYTES = 10 * 1024 ** 3

/** The drivers that the environment chooses: files, or Redis for the records with the larger results in files. */
export async function openDrivers({ cacheDir, cacheMaxBytes: maxBytes = MAX_BYTES, redisCacheUrl }: Environment): Promise<Drivers> {
  const path = join(cacheDir, 'blobs')
  await makeFolder(cacheDir).catch((error: NodeJS.ErrnoException) => {
    const message = `The cache folder ${cacheDir} cannot be made (${error.code}). Choose another with --cache or IMAGEDOC_CACHE_DIR, or write --no-cache.`
    throw new ImageDocError('INVALID_CONFIG', message, { cause: error })
  })
  if (redisCacheUrl === undefined) {
    const blobs = createFileBlobStore({ path })
    const files = createFileResultCache({ path: cacheDir, blobs, maxBytes })
    return { cache: createTieredResultCache(createMemoryResultCache(), files), blobs, description: `files in ${cacheDir}` }
  }
  const { createRedisResultCache } = await import('@imagedoc/core/drivers/redis')
  // The file cache bounds its blobs together with its records; beside Redis they bound themselves.
  const blobs = createFileBlobStore({ path, maxCachedBytes: maxBytes })
  const redis = createRedisResultCache({ url: redisCacheUrl, blobs })
  const { host } = new URL(redisCacheUrl)
  return {
    cache: createTieredResultCache(createMemoryResultCache(), redis),
    blobs,
    description: `Redis at ${host}, larger results in ${cacheDir}`,
  }
}
