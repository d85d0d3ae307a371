import { join } from 'node:path'
import {
  type BlobStore,
  createFileBlobStore,
  createFileResultCache,
  createMemoryResultCache,
  createTieredResultCache,
  type ResultCache,
} from '@imagedoc/core'
import type { Environment } from './environment.ts'

/** Where results are kept. */
export interface Drivers {
  readonly cache: ResultCache
  readonly blobs: BlobStore
  /** In words, without credentials. */
  readonly description: string
}

/** The drivers that the environment chooses: files, or Redis for the records with the larger results in files. */
export async function openDrivers({ cacheDir, cacheMaxBytes, redisCacheUrl }: Environment): Promise<Drivers> {
  const blobs = createFileBlobStore({ path: join(cacheDir, 'blobs') })
  if (redisCacheUrl === undefined) {
    const files = createFileResultCache({ path: cacheDir, blobs, ...(cacheMaxBytes === undefined ? {} : { maxBytes: cacheMaxBytes }) })
    return { cache: createTieredResultCache(createMemoryResultCache(), files), blobs, description: `files in ${cacheDir}` }
  }
  const { createRedisResultCache } = await import('@imagedoc/core/drivers/redis')
  const redis = createRedisResultCache({ url: redisCacheUrl, blobs })
  const { host } = new URL(redisCacheUrl)
  return {
    cache: createTieredResultCache(createMemoryResultCache(), redis),
    blobs,
    description: `Redis at ${host}, larger results in ${cacheDir}`,
  }
}
