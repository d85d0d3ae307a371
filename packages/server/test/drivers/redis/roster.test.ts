import { createRedisConnection } from '@imagedoc/core/drivers/redis'
import { describe, expect, it } from 'vitest'
import { createRedisRoster } from '../../../src/drivers/redis/roster.ts'
import { noRedis, ownRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''

describe.skipIf(noRedis)(noRedis ?? 'the roster of workers', () => {
  const redis = ownRedis()
  const rosterOn = (connection = redis.connect(), ttlMs = 30_000) =>
    createRedisRoster({ connection, prefix: redis.prefix, log: { warn: () => undefined }, ttlMs })

  it('names who has joined, in whatever process, until they leave', async () => {
    const [one, other] = [redis.use(rosterOn()), redis.use(rosterOn())]
    const first = one.join({ id: 'a', takes: ['image'], concurrency: 2 })
    other.join({ id: 'b', takes: ['ocr'], concurrency: 1 })
    await expect.poll(async () => (await other.present()).map(({ id }) => id).sort()).toEqual(['a', 'b'])
    await first[Symbol.asyncDispose]()
    expect(await other.present()).toEqual([{ id: 'b', takes: ['ocr'], concurrency: 1 }])
  })

  it('forgets who is lost, and is there again after Redis was erased', async () => {
    const connection = redis.connect()
    const roster = redis.use(rosterOn(connection, 300))
    // Says it once, as a process does that is killed then.
    const lost = createRedisConnection({ url })
    rosterOn(lost, 300).join({ id: 'lost', takes: ['image'], concurrency: 1 })
    roster.join({ id: 'stays', takes: ['image'], concurrency: 1 })
    await expect.poll(async () => (await roster.present()).length).toBe(2)
    await lost[Symbol.asyncDispose]()
    await expect.poll(async () => (await roster.present()).map(({ id }) => id)).toEqual(['stays'])
    await connection.run((client) => client.del(`${redis.prefix}workers`))
    await expect.poll(async () => (await roster.present()).map(({ id }) => id)).toEqual(['stays'])
  })
})
