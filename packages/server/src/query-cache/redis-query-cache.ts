import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson, type Json } from '@imagedoc/core'
import type { Redis } from 'ioredis'
import type { QueryCache } from './query-cache.ts'

export interface RedisQueryCacheOptions {
  /** `redis://` or `rediss://` */
  url: string
  /** Of every key. @default 'imagedoc:' */
  prefix?: string
  /** How long an answer lives at most, so that a lost invalidation is bounded. @default 30000 */
  ttlMs?: number
  /** Called when Redis could not be asked: then the database answers. */
  onError?: (error: unknown) => void
}

/** Longer than any answer lives: a tag that is gone has no answer left that was made under it. */
const TAG_TTL_FACTOR = 4
const TIMEOUT_MS = 500

/**
 * Answers in Redis. Each tag has a random version, and the versions of its tags are part of an answer's key: an invalidation gives the tag
 * a new one, so that nothing has to be found and deleted. An answer is stored under the versions that were read *before* it was computed:
 * one that a write overtook lies under a version that nobody asks for again.
 *
 * Keys: `<prefix>query:tag:<tag>` (string, TTL four times the answers'; lost: the answers are computed again),
 * `<prefix>query:answer:<sha256>` (string, TTL `ttlMs`; lost: computed again).
 */
export async function createRedisQueryCache(options: RedisQueryCacheOptions): Promise<QueryCache> {
  const { url, prefix = 'imagedoc:', ttlMs = 30_000, onError = () => undefined } = options
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: TIMEOUT_MS, enableOfflineQueue: false, lazyConnect: true })
  redis.on('error', onError)
  await redis.connect().catch(onError)
  const tagKey = (tag: string): string => `${prefix}query:tag:${tag}`
  const failed = (error: unknown): undefined => void onError(error)

  return {
    async read<Answer extends Json>(
      { tags, key }: { tags: readonly string[]; key: Json },
      compute: () => Promise<Answer>,
    ): Promise<Answer> {
      const versions = await versionsOf(redis, { keys: tags.map(tagKey), ttlMs: ttlMs * TAG_TTL_FACTOR }).catch(failed)
      if (!versions) return compute()
      const name = createHash('sha256')
        .update(canonicalJson({ tags: [...tags], versions, key }))
        .digest('hex')
      const answerKey = `${prefix}query:answer:${name}`
      const kept = await redis.get(answerKey).catch(failed)
      if (typeof kept === 'string') return JSON.parse(kept) as Answer
      const answer = await compute()
      await redis.set(answerKey, JSON.stringify(answer), 'PX', ttlMs).catch(failed)
      return answer
    },
    async invalidate(tags) {
      const pipeline = redis.pipeline()
      for (const tag of new Set(tags)) pipeline.set(tagKey(tag), randomUUID(), 'PX', ttlMs * TAG_TTL_FACTOR)
      await pipeline.exec().catch(failed)
    },
    async [Symbol.asyncDispose]() {
      await redis.quit().catch(() => redis.disconnect())
    },
  }
}

/** The tags' versions; one that has none gets one, whoever is first. */
async function versionsOf(redis: Redis, { keys, ttlMs }: { keys: readonly string[]; ttlMs: number }): Promise<string[]> {
  const found = await redis.mget(...keys)
  return Promise.all(found.map((version, index) => version ?? newVersion(redis, keys[index] as string, ttlMs)))
}

async function newVersion(redis: Redis, key: string, ttlMs: number): Promise<string> {
  const version = randomUUID()
  const there = await redis.set(key, version, 'PX', ttlMs, 'NX', 'GET')
  return there ?? version
}
