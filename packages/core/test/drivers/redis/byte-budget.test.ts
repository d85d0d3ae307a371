import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/artifact/digest.ts'
import { createFileBlobStore } from '../../../src/drivers/file-blob-store.ts'
import { createRedisResultCache, type RedisResultCacheOptions } from '../../../src/drivers/redis/index.ts'
import { keyOf, recordOf } from '../sample-record.ts'
import { noServer, startRedis, type TestRedis } from './redis-server.ts'

const blobs = createFileBlobStore({ path: join(tmpdir(), 'imagedoc-unused') })
const KB = 1000

describe('the byte budget of the Redis result cache', () => {
  it('must be positive', () => {
    for (const maxBytes of [0, -1, Number.NaN]) {
      expect(() => createRedisResultCache({ url: 'redis://127.0.0.1', blobs, maxBytes })).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG' }),
      )
    }
  })
})

describe.skipIf(noServer)(noServer ? `skipped: ${noServer}` : 'the byte budget of the Redis result cache', () => {
  let server: TestRedis
  let client: Redis
  beforeAll(async () => {
    server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    client = new Redis(server.url)
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })
  const cacheOf = (options: Partial<RedisResultCacheOptions> = {}) => {
    const prefix = `test-${randomUUID()}:`
    return { prefix, cache: createRedisResultCache({ url: server.url, prefix, blobs, maxBytes: 1000 * KB, ...options }) }
  }

  it('is kept to, whatever is put', async () => {
    const { cache } = cacheOf()
    for (let i = 0; i < 60; i++) {
      await cache.put(keyOf(`${i}`), recordOf(1 + ((i * 37_123) % (200 * KB))), {})
      expect((await cache.stats()).bytes).toBeLessThanOrEqual(1000 * KB)
    }
    const { entries, bytes } = await cache.stats()
    expect(bytes).toBeGreaterThan(700 * KB)
    expect(entries).toBeGreaterThan(4)
    expect(await cache.get(keyOf('59'))).toBeDefined()
    await cache[Symbol.asyncDispose]()
  })

  it('is shared by all who write at the same time', async () => {
    const { cache, prefix } = cacheOf()
    const other = createRedisResultCache({ url: server.url, prefix, blobs, maxBytes: 1000 * KB })
    await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? cache : other).put(keyOf(`${i}`), recordOf(50 * KB), {})))
    const { entries, bytes } = await cache.stats()
    expect(bytes).toBeLessThanOrEqual(1000 * KB)
    expect(entries).toBe(await kept(cache, 100))
    await cache[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })

  it('lets go what was not asked for, and keeps what was', async () => {
    const { cache } = cacheOf()
    for (let i = 0; i < 8; i++) await cache.put(keyOf(`${i}`), recordOf(100 * KB), {})
    // Redis counts idle time in whole seconds.
    await sleep(2100)
    for (let i = 0; i < 4; i++) await cache.get(keyOf(`${i}`))
    for (let i = 8; i < 12; i++) await cache.put(keyOf(`${i}`), recordOf(100 * KB), {})
    const there = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await cache.get(keyOf(`${i}`))) !== undefined))
    expect(there.slice(0, 4)).toEqual([true, true, true, true])
    expect(there.slice(4, 8).filter(Boolean).length).toBeLessThan(4)
    expect(there.slice(8)).toEqual([true, true, true, true])
    await cache[Symbol.asyncDispose]()
  })

  it('does not take what is larger than all of it, and goes on', async () => {
    const { cache } = cacheOf({ maxBytes: 100 * KB })
    await cache.put(keyOf('small'), recordOf(10), {})
    await cache.put(keyOf('large'), recordOf(200 * KB), {})
    expect(await cache.get(keyOf('large'))).toBeUndefined()
    await cache.put(keyOf('next'), recordOf(10), {})
    expect(await cache.get(keyOf('next'))).toBeDefined()
    await cache[Symbol.asyncDispose]()
  })

  it('is counted again where records went without being asked: expired, deleted by hand, uncounted', async () => {
    const { cache, prefix } = cacheOf()
    for (let i = 0; i < 3; i++) await cache.put(keyOf(`short ${i}`), recordOf(200 * KB), { ttlMs: 50 })
    for (let i = 0; i < 3; i++) await cache.put(keyOf(`gone ${i}`), recordOf(100 * KB), {})
    await client.unlink(...[0, 1, 2].map((i) => `${prefix}result:${keyOf(`gone ${i}`)}`))
    await sleep(100)
    // Each put looks at four.
    for (let i = 0; i < 20; i++) await cache.put(keyOf('same'), recordOf(10), {})
    expect(await cache.stats()).toMatchObject({ entries: 1 })
    await client.hdel(`${prefix}results:bytes`, keyOf('same'), 'total')
    await cache.put(keyOf('other'), recordOf(10), {})
    const { bytes } = await cache.stats()
    const values = await Promise.all(['same', 'other'].map((name) => client.strlen(`${prefix}result:${keyOf(name)}`)))
    expect(bytes).toBeGreaterThan(values.reduce((sum, size) => sum + size, 0) * 0.99)
    expect(bytes).toBeLessThan(values.reduce((sum, size) => sum + size, 0) * 1.25)
    await cache[Symbol.asyncDispose]()
  })

  it('has an account that ends with the records', async () => {
    const { cache, prefix } = cacheOf()
    await cache.put(keyOf('a'), recordOf(10, [digestOf('book')]), { ttlMs: 400 })
    const names = await client.keys(`${prefix}*`)
    expect(names).toHaveLength(5)
    for (const name of names) expect(await client.pttl(name)).toBeGreaterThan(0)
    await sleep(500)
    expect(await client.keys(`${prefix}*`)).toEqual([])
    expect(await cache.stats()).toEqual({ entries: 0, bytes: 0 })
    await cache[Symbol.asyncDispose]()
  })

  it('leaves the keys of others under the same prefix alone when it is cleared', async () => {
    const { cache, prefix } = cacheOf()
    await client.set(`${prefix}lock:sweep`, 'stays')
    for (let i = 0; i < 250; i++) await cache.put(keyOf(`${i}`), recordOf(10, [digestOf(`book ${i}`)]), {})
    await cache.clear()
    expect(await client.keys(`${prefix}*`)).toEqual([`${prefix}lock:sweep`])
    await cache[Symbol.asyncDispose]()
  })

  it('never asks Redis to walk over all keys', async () => {
    const before = await calls(client, ['keys', 'scan', 'flushdb', 'flushall'])
    const { cache } = cacheOf()
    for (let i = 0; i < 20; i++) await cache.put(keyOf(`${i}`), recordOf(100 * KB, [digestOf('book')]), {})
    await cache.forget(digestOf('book'))
    await cache.stats()
    await cache.clear()
    expect(await calls(client, ['keys', 'scan', 'flushdb', 'flushall'])).toBe(before)
    await cache[Symbol.asyncDispose]()
  })

  it('counts what Redis takes for records of every size, within a few hundredths', async () => {
    for (const [count, size] of [
      [2000, 100],
      [500, 5 * KB],
      [20, 200 * KB],
    ] as const) {
      const own = await startRedis()
      const cache = createRedisResultCache({ url: own.url, blobs, maxBytes: 1e9 })
      const usage = new Redis(own.url)
      await cache.put(keyOf('first'), recordOf(size), {})
      const before = await usedMemory(usage)
      for (let i = 0; i < count; i++) await cache.put(keyOf(`${i}`), recordOf(size, [digestOf('book')]), {})
      const taken = (await usedMemory(usage)) - before
      const counted = Number(await usage.hget('imagedoc:results:bytes', 'total'))
      expect(taken).toBeLessThan(counted * 1.05)
      expect(taken).toBeGreaterThan(counted * 0.8)
      await cache[Symbol.asyncDispose]()
      usage.disconnect()
      await own.stop()
    }
  })
})

describe.skipIf(noServer)(noServer ? `skipped: ${noServer}` : 'a full Redis that others use too', () => {
  it('refuses one write, gets room from the cache, and takes the next', async () => {
    const server = await startRedis({ args: ['--maxmemory', '5mb', '--maxmemory-policy', 'noeviction'] })
    const client = new Redis(server.url)
    const cache = createRedisResultCache({ url: server.url, blobs, maxBytes: 3000 * KB })
    try {
      for (let i = 0; i < 12; i++) await cache.put(keyOf(`${i}`), recordOf(150 * KB), {})
      let others = 0
      const full = await (async () => {
        for (; ; others++) await client.set(`queue:${others}`, 'x'.repeat(50 * KB))
      })().catch((error: Error) => error.message)
      expect(full).toContain('OOM')
      await expect(cache.put(keyOf('new'), recordOf(150 * KB), {})).rejects.toMatchObject({
        code: 'CACHE_UNAVAILABLE',
        message: 'The result cache is not used: Redis is full.',
      })
      // What others need has room again, and what is left in the cache is still given.
      expect(await client.set('queue:next', 'x'.repeat(50 * KB))).toBe('OK')
      expect(await kept(cache, 12)).toBe((await cache.stats()).entries)
      expect(await kept(cache, 12)).toBeGreaterThan(0)
      await cache.put(keyOf('new'), recordOf(150 * KB), {})
      expect(await cache.get(keyOf('new'))).toEqual(recordOf(150 * KB))
      expect(await client.exists(...Array.from({ length: others }, (_, i) => `queue:${i}`))).toBe(others)
    } finally {
      await cache[Symbol.asyncDispose]()
      client.disconnect()
      await server.stop()
    }
  })

  it('never gets full of a cache that keeps to its budget', async () => {
    const server = await startRedis({ args: ['--maxmemory', '5mb', '--maxmemory-policy', 'noeviction'] })
    const client = new Redis(server.url)
    const cache = createRedisResultCache({ url: server.url, blobs, maxBytes: 2000 * KB })
    try {
      for (let i = 0; i < 300; i++) await cache.put(keyOf(`${i}`), recordOf(100 * KB, [digestOf(`book ${i % 7}`)]), {})
      expect(await client.set('queue:job', 'x'.repeat(100 * KB))).toBe('OK')
      expect(await kept(cache, 300)).toBeGreaterThan(10)
    } finally {
      await cache[Symbol.asyncDispose]()
      client.disconnect()
      await server.stop()
    }
  })
})

async function kept(cache: { get(key: string): Promise<unknown> }, count: number): Promise<number> {
  const found = await Promise.all(Array.from({ length: count }, (_, i) => cache.get(keyOf(`${i}`))))
  return found.filter((record) => record !== undefined).length
}

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}

async function calls(client: Redis, commands: readonly string[]): Promise<number> {
  const stats = await client.info('commandstats')
  return commands.reduce((sum, command) => sum + Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0), 0)
}
