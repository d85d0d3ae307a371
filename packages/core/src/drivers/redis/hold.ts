import { randomUUID } from 'node:crypto'
import type { ImageDocError } from '../../errors/error.ts'
import type { Lease } from '../../ports/result-cache.ts'
import type { RedisConnection } from './connection.ts'
import { defineScript } from './script.ts'

/** A key that one process holds among all. */
export interface RedisHold extends Lease {
  /** Aborts the signal: it is not held any more. */
  lose(): void
}

export interface RedisHoldOptions {
  key: string
  /** So long it stays in the way of others when its holder died, in ms. */
  ttlMs: number
  /** The reason of the signal. */
  lost: () => ImageDocError
}

/** Only the holder may lengthen or end it: the token says who that is. */
const renew = defineScript(`if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`)
const release = defineScript(`if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`)

/** Without an answer it is given up after this part of its time, while it surely still holds: afterwards another process may have it. */
const SURELY_HELD = 0.9

/** Undefined when another holds it. @throws what `connection.run` throws */
export async function takeRedisKey(connection: RedisConnection, options: RedisHoldOptions): Promise<RedisHold | undefined> {
  const token = randomUUID()
  const askedAt = performance.now()
  const set = await connection.run((client) => client.set(options.key, token, 'PX', Math.ceil(options.ttlMs), 'NX'))
  return set === 'OK' ? holdRedisKey(connection, { ...options, token, askedAt }) : undefined
}

/** Renews at a third of its time what was taken with `SET key token PX ttlMs NX`, until it is disposed of. */
export function holdRedisKey(connection: RedisConnection, options: RedisHoldOptions & { token: string; askedAt: number }): RedisHold {
  const { key, token, lost } = options
  const ttlMs = Math.ceil(options.ttlMs)
  const ended = new AbortController()
  let renewedAt = options.askedAt
  let stopped = false
  const stop = () => {
    stopped = true
    clearInterval(renewing)
    clearTimeout(deadline)
  }
  const lose = () => {
    stop()
    ended.abort(lost())
  }
  const untilDeadline = () => setTimeout(lose, renewedAt + ttlMs * SURELY_HELD - performance.now()).unref()
  let deadline = untilDeadline()
  const renewing = setInterval(async () => {
    const askedAt = performance.now()
    const renewed = await connection.run((client) => renew(client, { keys: [key], args: [token, ttlMs] })).catch(() => undefined)
    if (stopped) return
    if (renewed === 0) lose()
    if (renewed !== 1) return
    renewedAt = Math.max(renewedAt, askedAt)
    clearTimeout(deadline)
    deadline = untilDeadline()
  }, ttlMs / 3).unref()
  return {
    signal: ended.signal,
    lose,
    async [Symbol.asyncDispose]() {
      stop()
      // What cannot be ended ends by itself.
      await connection.run((client) => release(client, { keys: [key], args: [token] })).catch(() => undefined)
    },
  }
}
