import { initialRunState } from '@imagedoc/core'
import type { RedisConnection } from '@imagedoc/core/drivers/redis'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRedisRunEventLog } from '../../../src/drivers/redis/run-event-log.ts'
import { batch, describeRunEventLogContract, idsOf } from '../../run-events/log-contract.ts'
import { noRedis, ownRedis, redisUrl } from '../../support/redis.ts'

redisUrl()
const everything = { after: undefined, limit: 100_000 }

describe.skipIf(noRedis)(noRedis ?? 'the log of run events in Redis', () => {
  const redis = ownRedis()
  let connection: RedisConnection
  beforeEach(() => {
    connection = redis.connect()
  })
  const openLog = (options: { maxEvents?: number } = {}) => createRedisRunEventLog({ connection, prefix: redis.prefix, ...options })

  describeRunEventLogContract('the log of run events in Redis', async () => openLog())

  it('keeps events for 10 minutes after the last, the state of a run that goes on for a day, of one that has ended for 10 minutes', async () => {
    const log = openLog()
    const minutes = async (name: string) =>
      Math.round((await connection.run((client) => client.pttl(`${redis.prefix}run:a:${name}`))) / 60_000)
    await log.append('a', batch(1, 1, 2))
    expect([await minutes('events'), await minutes('state')]).toEqual([10, 24 * 60])
    const { entries } = batch(1, 3)
    await log.append('a', { entries, state: { ...initialRunState, status: 'done' } })
    expect([await minutes('events'), await minutes('state')]).toEqual([10, 10])
  })

  it('is bounded in the events of a run: the oldest go, and the state knows of all', async () => {
    const log = openLog({ maxEvents: 300 })
    for (let first = 1; first < 1000; first += 100) await log.append('a', batch(1, first, first + 99))
    const kept = idsOf(await log.read('a', everything))
    expect(kept.length).toBeGreaterThanOrEqual(300)
    expect(kept.length).toBeLessThan(500)
    expect(kept.at(-1)).toBe('1-1000')
    expect(await log.latest('a')).toMatchObject({ id: { attempt: 1, seq: 1000 } })
  })

  it('refuses what was there before although its events are gone', async () => {
    const log = openLog()
    await log.append('a', batch(2, 1, 3))
    await connection.run((client) => client.del(`${redis.prefix}run:a:events`))
    expect(await log.append('a', batch(2, 3))).toBe(false)
    expect(await log.append('a', batch(2, 4))).toBe(true)
    expect(idsOf(await log.read('a', everything))).toEqual(['2-4'])
  })

  it('goes on from nothing when Redis was erased', async () => {
    const log = openLog()
    await log.append('a', batch(1, 1, 3))
    await connection.run((client) => client.del(`${redis.prefix}run:a:events`, `${redis.prefix}run:a:state`))
    expect(await log.latest('a')).toBeUndefined()
    expect(await log.append('a', batch(1, 4, 5))).toBe(true)
    expect(idsOf(await log.read('a', everything))).toEqual(['1-4', '1-5'])
  })

  it('says STORE_UNAVAILABLE within 2 s while there is no line', async () => {
    const line = await redis.openLine()
    connection = redis.connect(line.url)
    await line.cut()
    const log = openLog()
    const startedAt = Date.now()
    for (const call of [log.append('a', batch(1, 1)), log.read('a', everything), log.latest('a')]) {
      await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    expect(Date.now() - startedAt).toBeLessThan(2000)
  })
})
