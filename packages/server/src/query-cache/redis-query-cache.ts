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
 * Answers in Redis. Each tag has a random version, and an answer bears those of its tags: an invalidation takes the tag its version, and the next reader
 * gives it a new one, so that no answer has to be found and deleted. An answer is stored with the versions that were read *before* it was computed: one
 * that a write overtook bears one that is no tag's any more. Versions and answer come in one look.
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
      const name = createHash('sha256')
        .update(canonicalJson({ tags: [...tags], key }))
        .digest('hex')
      const answerKey = keys.answer(name)
      const seen = await look(connection, { tags: tags.map(keys.tag), answerKey, ttlMs: ttlMs * TAG_TTL_FACTOR }).catch(failed)
      if (!seen) return compute()
      const { mark, kept } = seen
      if (kept?.startsWith(mark)) return JSON.parse(kept.slice(mark.length)) as Answer
      const answer = await compute()
      await connection.run((redis) => redis.set(answerKey, mark + JSON.stringify(answer), 'PX', ttlMs)).catch(failed)
      return answer
    },
    async invalidate(tags) {
      if (tags.length === 0) return
      // Not by a new version: a Redis that is full would refuse it, and go on giving what was kept.
      await connection.run((redis) => redis.unlink(tags.map(keys.tag))).catch(failed)
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}

interface Seen {
  /** The versions of the tags, as an answer begins. */
  readonly mark: string
  readonly kept: string | null
}

/** The tags' versions, and what is kept; a tag that has none gets one, whoever is first. */
async function look(
  connection: RedisConnection,
  { tags, answerKey, ttlMs }: { tags: readonly string[]; answerKey: string; ttlMs: number },
): Promise<Seen> {
  return connection.run(async (redis) => {
    const found = await redis.mget(...tags, answerKey)
    const versions = await Promise.all(tags.map((tag, index) => found[index] ?? newVersion(redis, tag, ttlMs)))
    return { mark: `${versions.join(' ')}\n`, kept: found[tags.length] ?? null }
  })
}

async function newVersion(redis: Redis, key: string, ttlMs: number): Promise<string> {
  const version = randomUUID()
  // Not in one call: NX together with GET needs Redis 7.
  const isFirst = (await redis.set(key, version, 'PX', ttlMs, 'NX')) === 'OK'
  return (isFirst ? undefined : await redis.get(key)) ?? version
}
