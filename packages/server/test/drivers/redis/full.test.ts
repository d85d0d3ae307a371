import { createRedisConnection, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { noServer, startRedis, type TestRedis } from '../../../../core/test/drivers/redis/redis-server.ts'
import { createRateLimits } from '../../../src/accounts/rate-limits.ts'
import { createRedisEventBus } from '../../../src/drivers/redis/event-bus.ts'
import { createRedisLock } from '../../../src/drivers/redis/lock.ts'
import { createRedisRoster } from '../../../src/drivers/redis/roster.ts'
import { createRedisRunEventLog } from '../../../src/drivers/redis/run-event-log.ts'
import { createRedisQueryCache } from '../../../src/query-cache/redis-query-cache.ts'
import { batch, idsOf } from '../../run-events/log-contract.ts'

const full = expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: 'Redis is full.' })

// The server is filled, so it must be our own.
describe.skipIf(noServer)(noServer ? `skipped: ${noServer}` : 'a Redis that is full', () => {
  let server: TestRedis
  let stack: AsyncDisposableStack
  let connection: RedisConnection
  beforeEach(async () => {
    stack = new AsyncDisposableStack()
    server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    stack.defer(() => server.stop())
    connection = stack.use(createRedisConnection({ url: server.url }))
  })
  afterEach(() => stack.disposeAsync())
  /** Less than it uses already: it takes nothing that needs room. */
  const fill = () => connection.run((client) => client.config('SET', 'maxmemory', '100kb'))
  const makeRoom = () => connection.run((client) => client.config('SET', 'maxmemory', '0'))

  it('gives nobody a lock, at once, and takes none from its holder', async () => {
    const lock = stack.use(createRedisLock({ connection }))
    const lease = await lock.acquire('sweep', { ttlMs: 600 })
    await fill()
    await expect(lock.acquire('other', { ttlMs: 600 })).rejects.toEqual(full)
    const left = () => connection.run((client) => client.pttl('imagedoc:lock:sweep'))
    // It is renewed: what is left of it rises again, whenever one begins to look.
    let last = await left()
    const rises = async () => {
      const before = last
      last = await left()
      return last > before
    }
    await expect.poll(rises, { interval: 10 }).toBe(true)
    expect(lease?.signal.aborted).toBe(false)
    await lease?.[Symbol.asyncDispose]()
    expect(await left()).toBe(-2)
  })

  it('carries messages as always', async () => {
    const bus = stack.use(createRedisEventBus({ connection }))
    await fill()
    const heard: unknown[] = []
    await bus.subscribe('a', (message) => void heard.push(message))
    await bus.publish('a', 'message')
    await vi.waitFor(() => expect(heard).toEqual(['message']))
  })

  it('lets every process count attempts for itself', async () => {
    const limit = { points: 2, seconds: 60 }
    const limits = [1, 2].map(() => createRateLimits({ entry: limit, account: limit, address: limit }, { connection }))
    await fill()
    for (const each of limits) {
      for (let attempt = 0; attempt < 2; attempt++) await each.entry('192.0.2.1')
      await expect(each.entry('192.0.2.1')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
      await each.passwordFitted({ account: 'anna', address: '192.0.2.1' })
    }
  })

  it('shows no list from before a write, and keeps lists again when there is room', async () => {
    const onError = vi.fn()
    const cache = stack.use(await createRedisQueryCache({ url: server.url, onError }))
    const query = { tags: ['a', 'b'], key: 'list' }
    const read = (answer: string) => cache.read(query, async () => answer)
    expect([await read('first'), await read('second')]).toEqual(['first', 'first'])
    await fill()
    expect(await read('third')).toBe('first')
    await cache.invalidate(['b'])
    expect([await read('fourth'), await read('fifth')]).toEqual(['fourth', 'fifth'])
    expect(onError).toHaveBeenCalledWith(full)
    await makeRoom()
    expect([await read('sixth'), await read('seventh')]).toEqual(['sixth', 'sixth'])
  })

  it('adds nothing to the log of run events, also not a part, and goes on when there is room', async () => {
    const log = createRedisRunEventLog({ connection })
    await log.append('a', batch(1, 1, 2))
    await fill()
    await expect(log.append('a', batch(1, 3, 5))).rejects.toEqual(full)
    const kept = async () => idsOf(await log.read('a', { after: undefined, limit: 100 }))
    expect(await kept()).toEqual(['1-1', '1-2'])
    expect(await log.latest('a')).toMatchObject({ id: { attempt: 1, seq: 2 } })
    await makeRoom()
    expect(await log.append('a', batch(1, 3, 5))).toBe(true)
    expect(await kept()).toEqual(['1-1', '1-2', '1-3', '1-4', '1-5'])
  })

  it('takes no worker onto the roster, which says so, and knows it as soon as there is room', async () => {
    const warn = vi.fn()
    const roster = stack.use(createRedisRoster({ connection, log: { warn }, ttlMs: 300 }))
    await fill()
    roster.join({ id: 'a', takes: ['image'], concurrency: 1 })
    await vi.waitFor(() => expect(warn).toHaveBeenCalledWith({ reason: 'Redis is full.' }, 'workers'))
    expect(await roster.present()).toEqual([])
    await makeRoom()
    await expect.poll(async () => (await roster.present()).length).toBe(1)
  })
})
