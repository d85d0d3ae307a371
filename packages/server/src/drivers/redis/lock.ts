import { ImageDocError, type Lock } from '@imagedoc/core'
import { REDIS_PREFIX, type RedisConnection, type RedisHold, takeRedisKey } from '@imagedoc/core/drivers/redis'
import { assertLockCall, lockClosed } from '../lock-call.ts'
import { serverKeys } from './keys.ts'

export interface RedisLockOptions {
  /** Not closed by the lock. */
  readonly connection: RedisConnection
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
}

/**
 * A lock for all who share the Redis: one key for each name, by SET NX PX with a token. It rests on one Redis, not on several (no Redlock): one that is
 * erased, or that fails over to a replica which had not heard of it yet, may let a second holder in. What must never happen twice is guarded in the database.
 * @example await using lock = createRedisLock({ connection })
 */
export function createRedisLock({ connection, prefix = REDIS_PREFIX }: RedisLockOptions): Lock {
  const keys = serverKeys(prefix)
  const held = new Set<RedisHold>()
  let closed = false
  return {
    async acquire(name, { ttlMs }) {
      assertLockCall(name, ttlMs)
      if (closed) throw lockClosed()
      const hold = await takeRedisKey(connection, { key: keys.lock(name), ttlMs, lost })
      if (!hold) return undefined
      if (closed) {
        await hold[Symbol.asyncDispose]()
        throw lockClosed()
      }
      held.add(hold)
      return {
        signal: hold.signal,
        async [Symbol.asyncDispose]() {
          held.delete(hold)
          await hold[Symbol.asyncDispose]()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      for (const hold of held) hold.lose()
      await Promise.all([...held].map((hold) => hold[Symbol.asyncDispose]()))
      held.clear()
    },
  }
}

const lost = () => new ImageDocError('STORE_UNAVAILABLE', 'The lock was lost: Redis did not answer, or this process stood still.')
