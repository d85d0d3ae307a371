import { describe, expect, it, vi } from 'vitest'
import { createRateLimits, type Limits } from '../../src/accounts/rate-limits.ts'
import { noRedis, ownRedis, redisUrl } from '../support/redis.ts'

const url = redisUrl() ?? ''
const limit = { points: 4, seconds: 60 }
const limited = expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterSeconds: expect.any(Number) } })

describe.skipIf(noRedis)(noRedis ?? 'rate limits in Redis', () => {
  const redis = ownRedis()
  const limitsAt = (address: string, limits: Partial<Limits>) =>
    createRateLimits(limits, { connection: redis.connect(address), prefix: redis.prefix })

  it('are one for all processes that share it', async () => {
    const processes = [limitsAt(url, { entry: limit }), limitsAt(url, { entry: limit })]
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => processes[i % 2]?.entry('192.0.2.1')))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    for (const limits of processes) await expect(limits.entry('192.0.2.1')).rejects.toEqual(limited)
    for (const limits of processes) await limits.entry('192.0.2.2')
  })

  it('let in again when their time is over', async () => {
    const limits = limitsAt(url, { entry: { points: 1, seconds: 1 } })
    await limits.entry('192.0.2.1')
    await expect(limits.entry('192.0.2.1')).rejects.toEqual(limited)
    await vi.waitFor(() => limits.entry('192.0.2.1'), { timeout: 5000, interval: 200 })
  })

  it('forget the attempts for an account in all processes when the password was right, and take one off the address', async () => {
    const here = limitsAt(url, { account: limit, address: limit })
    const there = limitsAt(url, { account: limit, address: limit })
    for (let attempt = 0; attempt < 4; attempt++) {
      await here.passwordFrom('192.0.2.1')
      await here.passwordFor('anna')
    }
    await there.passwordFitted({ account: 'anna', address: '192.0.2.1' })
    for (let attempt = 0; attempt < 4; attempt++) await there.passwordFor('anna')
    await there.passwordFrom('192.0.2.1')
    await expect(here.passwordFor('anna')).rejects.toEqual(limited)
    await expect(here.passwordFrom('192.0.2.1')).rejects.toEqual(limited)
  })

  it('are counted by each process for itself while Redis is away, without an error or a wait for anybody, and together again afterwards', async () => {
    const line = await redis.openLine()
    const [here, there] = [limitsAt(line.url, { entry: limit }), limitsAt(line.url, { entry: limit })]
    await here.entry('192.0.2.1')
    await line.cut()
    const startedAt = Date.now()
    for (const limits of [here, there]) {
      for (let attempt = 0; attempt < 4; attempt++) await limits.entry('192.0.2.1')
      await expect(limits.entry('192.0.2.1')).rejects.toEqual(limited)
    }
    await here.passwordFitted({ account: 'anna', address: '192.0.2.1' })
    expect(Date.now() - startedAt).toBeLessThan(2000)
    await line.mend()
    // The first attempt from before the break still counts.
    await vi.waitFor(() => here.entry('192.0.2.1'), { timeout: 5000, interval: 100 })
    const attempts = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => (i % 2 ? here : there).entry('192.0.2.1')))
    expect(attempts.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(4)
  })

  it('wait no longer than a second and a half for a Redis that answers nothing', async () => {
    const line = await redis.openLine()
    const limits = limitsAt(line.url, { entry: limit })
    await limits.entry('192.0.2.1')
    line.swallow()
    const startedAt = Date.now()
    for (let attempt = 0; attempt < 4; attempt++) await limits.entry('192.0.2.1')
    await expect(limits.entry('192.0.2.1')).rejects.toEqual(limited)
    expect(Date.now() - startedAt).toBeLessThan(3500)
  })

  it('write no name and no address into Redis', async () => {
    const limits = limitsAt(url, { account: limit, address: limit })
    await limits.passwordFor('my-password')
    await limits.passwordFrom('192.0.2.77')
    const keys = await redis.connect().run((client) => client.keys(`${redis.prefix}*`))
    expect(keys).toHaveLength(2)
    expect(keys.join()).not.toMatch(/my-password|192\.0\.2/)
  })
})
