import { setTimeout as sleep } from 'node:timers/promises'
import { createRedisConnection, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { describeLockContract } from '@imagedoc/core/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createRedisLock } from '../../../src/drivers/redis/lock.ts'
import type { Line } from '../../support/line.ts'
import { noRedis, ownRedis, redisUrl } from '../../support/redis.ts'

redisUrl()

describe.skipIf(noRedis)(noRedis ?? 'the lock in Redis', () => {
  const redis = ownRedis()
  let line: Line
  beforeEach(async () => {
    line = await redis.openLine()
  })
  /** The suite disposes of its locks itself. */
  const lockOn = (connection = redis.connect()) => createRedisLock({ connection, prefix: redis.prefix })

  let first: RedisConnection
  describeLockContract('the lock in Redis', {
    create: async () => {
      first = redis.connect(line.url)
      return lockOn(first)
    },
    another: async () => lockOn(),
    pass: async (ms) => sleep(ms),
    // A connection that was cut off is used again after half a second.
    ttlMs: 1500,
    async cut() {
      await line.cut()
      return async () => {
        await line.mend()
        await vi.waitFor(() => first.run((client) => client.ping()), { timeout: 5000, interval: 20 })
      }
    },
  })

  it('is given up in time when Redis answers nothing at all, sooner than a command is given up', async () => {
    const lock = redis.use(lockOn(redis.connect(line.url)))
    const other = redis.use(lockOn())
    const lease = await lock.acquire('sweep', { ttlMs: 600 })
    line.swallow()
    let taken: unknown
    while (!taken) {
      taken = await other.acquire('sweep', { ttlMs: 600 })
      if (!taken) await sleep(10)
    }
    expect(lease?.signal.aborted).toBe(true)
  })

  it('is told from one taken by hand, and leaves that alone', async () => {
    const connection = redis.connect()
    const lock = redis.use(lockOn(connection))
    const lease = await lock.acquire('sweep', { ttlMs: 300 })
    await connection.run((client) => client.set(`${redis.prefix}lock:sweep`, 'another', 'PX', 10_000))
    const reason = await new Promise((resolve) => lease?.signal.addEventListener('abort', () => resolve(lease.signal.reason)))
    expect(reason).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await lease?.[Symbol.asyncDispose]()
    expect(await connection.run((client) => client.get(`${redis.prefix}lock:sweep`))).toBe('another')
  })

  it('keeps nobody out for longer than its time when its holder is gone', async () => {
    const gone = createRedisConnection({ url: line.url })
    await lockOn(gone).acquire('sweep', { ttlMs: 500 })
    await line.cut()
    await gone[Symbol.asyncDispose]()
    const lock = redis.use(lockOn())
    expect(await lock.acquire('sweep', { ttlMs: 500 })).toBeUndefined()
    await sleep(550)
    expect(await lock.acquire('sweep', { ttlMs: 500 })).toBeDefined()
  })
})
