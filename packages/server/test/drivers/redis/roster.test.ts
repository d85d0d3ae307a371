import { randomUUID } from 'node:crypto'
import { createRedisConnection } from '@imagedoc/core/drivers/redis'
import { describe, expect, it } from 'vitest'
import { createRedisRoster } from '../../../src/drivers/redis/roster.ts'
import { noRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''
const log = { warn: () => undefined }

describe.skipIf(noRedis)(noRedis ?? 'the roster of workers', () => {
  it('names who has joined, in whatever process, until they leave', async () => {
    await using stack = new AsyncDisposableStack()
    const prefix = `test:${randomUUID()}:`
    const [one, other] = [1, 2].map(() => {
      const connection = stack.use(createRedisConnection({ url }))
      return stack.use(createRedisRoster({ connection, prefix, log }))
    }) as [ReturnType<typeof createRedisRoster>, ReturnType<typeof createRedisRoster>]
    const first = one.join({ id: 'a', takes: ['image'], concurrency: 2 })
    other.join({ id: 'b', takes: ['ocr'], concurrency: 1 })
    await expect.poll(async () => (await other.present()).map(({ id }) => id).sort()).toEqual(['a', 'b'])
    await first[Symbol.asyncDispose]()
    expect(await other.present()).toEqual([{ id: 'b', takes: ['ocr'], concurrency: 1 }])
  })

  it('forgets who is lost, and is there again after Redis was erased', async () => {
    await using stack = new AsyncDisposableStack()
    const prefix = `test:${randomUUID()}:`
    const connection = stack.use(createRedisConnection({ url }))
    const roster = stack.use(createRedisRoster({ connection, prefix, log, ttlMs: 300 }))
    // Says it once, as a process does that is killed then.
    const lost = createRedisConnection({ url })
    createRedisRoster({ connection: lost, prefix, log, ttlMs: 300 }).join({ id: 'lost', takes: ['image'], concurrency: 1 })
    roster.join({ id: 'stays', takes: ['image'], concurrency: 1 })
    await expect.poll(async () => (await roster.present()).length).toBe(2)
    await lost[Symbol.asyncDispose]()
    await expect.poll(async () => (await roster.present()).map(({ id }) => id)).toEqual(['stays'])
    await connection.run((client) => client.del(`${prefix}workers`))
    await expect.poll(async () => (await roster.present()).map(({ id }) => id)).toEqual(['stays'])
  })
})
