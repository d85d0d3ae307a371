import { describe, expect, it, vi } from 'vitest'
import { createRedisQueryCache } from '../../src/query-cache/redis-query-cache.ts'
import { noRedis, ownRedis, redisUrl } from '../support/redis.ts'

redisUrl()
const query = { tags: ['a'], key: 'list' }

describe.skipIf(noRedis)(noRedis ?? 'the query cache in Redis', () => {
  const redis = ownRedis()
  const open = async (url: string, onError = vi.fn()) => ({
    cache: redis.use(await createRedisQueryCache({ url, prefix: redis.prefix, onError })),
    onError,
  })

  it('asks the database while Redis is away, and Redis again afterwards', async () => {
    const line = await redis.openLine()
    const { cache, onError } = await open(line.url)
    await cache.read(query, async () => 'kept')
    await line.cut()
    const startedAt = Date.now()
    for (let call = 0; call < 20; call++) expect(await cache.read(query, async () => call)).toBe(call)
    await cache.invalidate(['b'])
    expect(Date.now() - startedAt).toBeLessThan(1000)
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'Redis does not answer.' }))
    await line.mend()
    await vi.waitFor(async () => expect(await cache.read(query, async () => 'new')).toBe('kept'), { timeout: 5000 })
  })

  it('waits half a second once for a Redis that answers nothing, and then not at all', async () => {
    const line = await redis.openLine()
    const { cache } = await open(line.url)
    line.swallow()
    const startedAt = Date.now()
    for (let call = 0; call < 20; call++) expect(await cache.read(query, async () => call)).toBe(call)
    expect(Date.now() - startedAt).toBeLessThan(1000)
  })

  it('starts without Redis, and says so once', async () => {
    const line = await redis.openLine()
    await line.cut()
    const { cache, onError } = await open(line.url)
    expect(onError).toHaveBeenCalledOnce()
    expect(await cache.read(query, async () => 'computed')).toBe('computed')
  })

  it('refuses an address that is none', async () => {
    await expect(createRedisQueryCache({ url: 'redis://host/main' })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })
})
