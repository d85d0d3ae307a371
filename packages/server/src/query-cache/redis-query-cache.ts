import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson, type Json } from '@imagedoc/core'
import { createRedisConnection, REDIS_PREFIX, type RedisConnection } from '@imagedoc/core/drivers/redis'
import type { Redis } from 'ioredis'
import { serverKeys } from '../drivers/redis/keys.ts'
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
 * @throws INVALID_CONFIG for an address that is none
 */
export async function createRedisQueryCache(options: RedisQueryCacheOptions): Promise<QueryCache> {
  const { url, prefix = REDIS_PREFIX, ttlMs = 30_000, onError = () => undefined } = options
  const keys = serverKeys(prefix)
  const connection = createRedisConnection({ url, timeoutMs: TIMEOUT_MS })
  const failed = (error: unknown): undefined => void onError(error)
  // Said at the start, not with the first list.
  await connection.run((redis) => redis.ping()).catch(failed)

  return {
    async read<Answer extends Json>(
      { tags, key }: { tags: readonly string[]; key: Json },
      compute: () => Promise<Answer>,
    ): Promise<Answer> {
      const versions = await versionsOf(connection, { keys: tags.map(keys.tag), ttlMs: ttlMs * TAG_TTL_FACTOR }).catch(failed)
      if (!versions) return compute()
      const name = createHash('sha256')
        .update(canonicalJson({ tags: [...tags], versions, key }))
        .digest('hex')
      const answerKey = keys.answer(name)
      const kept = await connection.run((redis) => redis.get(answerKey)).catch(failed)
      if (typeof kept === 'string') return JSON.parse(kept) as Answer
      const answer = await compute()
      await connection.run((redis) => redis.set(answerKey, JSON.stringify(answer), 'PX', ttlMs)).catch(failed)
      return answer
    },
    async invalidate(tags) {
      const written = (redis: Redis) =>
        Promise.all([...new Set(tags)].map((tag) => redis.set(keys.tag(tag), randomUUID(), 'PX', ttlMs * TAG_TTL_FACTOR)))
      await connection.run(written).catch(failed)
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}

/** The tags' versions; one that has none gets one, whoever is first. */
async function versionsOf(connection: RedisConnection, { keys, ttlMs }: { keys: readonly string[]; ttlMs: number }): Promise<string[]> {
  return connection.run(async (redis) => {
    const found = await redis.mget(...keys)
    return Promise.all(found.map((version, index) => version ?? newVersion(redis, keys[index] as string, ttlMs)))
  })
}

async function newVersion(redis: Redis, key: string, ttlMs: number): Promise<string> {
  const version = randomUUID()
  // Not in one call: NX together with GET needs Redis 7.
  const isFirst = (await redis.set(key, version, 'PX', ttlMs, 'NX')) === 'OK'
  return (isFirst ? undefined : await redis.get(key)) ?? version
}
