import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/artifact/digest.ts'
import { createFileBlobStore, type FileBlobStore } from '../../../src/drivers/file-blob-store.ts'
import { createRedisResultCache, type RedisResultCacheOptions } from '../../../src/drivers/redis/index.ts'
import { isResultRecord, type Lease, type ResultCache, type StoredArtifact } from '../../../src/ports/result-cache.ts'
import { describeResultCacheContract } from '../../../src/testing/index.ts'
import { keyOf, recordOf } from '../sample-record.ts'
import { freePort, noServer, startRedis, type TestRedis } from './redis-server.ts'

const given = process.env['IMAGEDOC_TEST_REDIS_URL']
const why = given ? undefined : noServer

if (noServer && process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1') {
  // Also beside a Redis that was given: the tests that break one need their own.
  it('has a Redis to test with', () => expect.fail(`IMAGEDOC_REQUIRE_DRIVERS=1, but there is ${noServer}`))
}

describe.skipIf(why)(why ? `skipped: ${why}, or set IMAGEDOC_TEST_REDIS_URL` : 'with a real Redis', () => {
  let server: TestRedis | undefined
  let url: string
  let prefix: string
  let blobs: FileBlobStore
  let folder: string
  let client: Redis
  beforeAll(async () => {
    server = given ? undefined : await startRedis()
    url = given ?? server!.url
    folder = await mkdtemp(join(tmpdir(), 'imagedoc-redis-blobs-'))
    blobs = createFileBlobStore({ path: folder })
    client = new Redis(url)
  })
  afterAll(async () => {
    const left = await client.keys('imagedoc-test-*')
    if (left.length > 0) await client.unlink(left)
    client.disconnect()
    await server?.stop()
    await rm(folder, { recursive: true })
  })
  const cacheWith = (options: Partial<RedisResultCacheOptions> = {}) => createRedisResultCache({ url, prefix, blobs, ...options })
  const fresh = (options: Partial<RedisResultCacheOptions> = {}) => {
    prefix = `imagedoc-test-[${randomUUID()}]*:`
    return cacheWith(options)
  }

  describeResultCacheContract('the Redis result cache', {
    create: async () => fresh(),
    another: async () => cacheWith(),
    pass: async (ms) => sleep(ms),
    damage: async (key) => void (await client.setrange(`${prefix}result:${key}`, 700, '\xff\x00\xff')),
  })

  it("works on the caller's own client, and leaves it open", async () => {
    const cache = fresh()
    const own = createRedisResultCache({ client, prefix, blobs })
    await own.put(keyOf('a'), recordOf(100), {})
    await own[Symbol.asyncDispose]()
    expect(await client.ping()).toBe('PONG')
    expect(await cache.get(keyOf('a'))).toEqual(recordOf(100))
    await cache[Symbol.asyncDispose]()
  })

  it('gives every record a time to live', async () => {
    await using cache = fresh({ ttlMs: 5_000_000 })
    await cache.put(keyOf('a'), recordOf(10, [digestOf('book')]), {})
    await cache.put(keyOf('b'), recordOf(10, [digestOf('book')]), { ttlMs: 1_000_000 })
    const lives = await Promise.all(
      [`result:${keyOf('a')}`, `result:${keyOf('b')}`, `source:${keyOf('book')}`].map((key) => client.pttl(prefix + key)),
    )
    expect(lives.map((ms) => Math.round(ms / 100_000))).toEqual([50, 10, 50])
  })

  it('keeps what is too large for Redis in the blob store, and forgets it there too', async () => {
    await using cache = fresh({ inlineBytes: 1000 })
    const record = recordOf(5000, [digestOf('book')])
    await cache.put(keyOf('large'), record, {})
    const { inline, ...byReference } = record.output as StoredArtifact
    expect(await cache.get(keyOf('large'))).toEqual({ ...record, output: byReference })
    expect(await client.strlen(`${prefix}result:${keyOf('large')}`)).toBeLessThan(1000)
    const stream = await blobs.open(byReference.descriptor.digest)
    expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(inline)
    expect(await cache.forget(digestOf('book'))).toBe(1)
    expect(await blobs.stat(byReference.descriptor.digest)).toBeUndefined()
  })

  it('clears and counts its own keys only', async () => {
    await client.set('imagedoc-test-stranger', 'stays')
    await using cache = fresh()
    await cache.put(keyOf('a'), recordOf(10), {})
    await using other = createRedisResultCache({ url, prefix: `imagedoc-test-${randomUUID()}:`, blobs })
    await other.put(keyOf('a'), recordOf(10), {})
    expect(await cache.stats()).toMatchObject({ entries: 1 })
    await cache.clear()
    expect(await cache.get(keyOf('a'))).toBeUndefined()
    expect(await other.get(keyOf('a'))).toBeDefined()
    expect(await client.get('imagedoc-test-stranger')).toBe('stays')
  })

  it('refuses to be made without a Redis, with two, and with a client that hides a prefix', () => {
    const hidden = new Redis(url, { keyPrefix: 'x', lazyConnect: true })
    for (const options of [{}, { url, client }, { client: hidden }]) {
      expect(() => createRedisResultCache({ blobs, ...options })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    }
  })

  describe('among processes', () => {
    it('lets one of 200 callers in four processes compute', async () => {
      await using cache = fresh()
      const children = Array.from({ length: 4 }, () => startCaller(url, prefix, 'compute'))
      const answers = await Promise.all(children.map((child) => outputOf(child)))
      const computed = answers.map((line) => (JSON.parse(line) as { computed: number }).computed)
      expect(computed.reduce((sum, one) => sum + one, 0)).toBe(1)
      expect(await cache.get(keyOf('shared'))).toBeDefined()
    })

    it('takes over when the holder is killed', async () => {
      await using cache = fresh({ leaseMs: 1000 })
      const holder = startCaller(url, prefix, 'hold')
      expect(await firstLine(holder)).toBe('held')
      const waiting = cache.lease(keyOf('shared'), { signal: new AbortController().signal })
      // Renewed while it lives.
      expect(await Promise.race([waiting.then(() => 'taken'), sleep(1500, 'waiting')])).toBe('waiting')
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      const killedAt = Date.now()
      const lease = (await waiting) as Lease
      expect(Date.now() - killedAt).toBeLessThan(2500)
      await lease[Symbol.asyncDispose]()
    })

    it('tells the holder when its lease is lost', async () => {
      await using cache = fresh({ leaseMs: 300 })
      const lease = (await cache.lease(keyOf('a'), { signal: new AbortController().signal })) as Lease
      await client.set(`${prefix}lease:${keyOf('a')}`, 'someone else')
      await once(lease.signal, 'abort')
      await lease[Symbol.asyncDispose]()
      expect(await client.get(`${prefix}lease:${keyOf('a')}`)).toBe('someone else')
    })
  })
})

// These break the server, so it must be our own.
describe.skipIf(noServer)(noServer ? `skipped: ${noServer}` : 'with a Redis that fails', () => {
  const blobs = createFileBlobStore({ path: join(tmpdir(), 'imagedoc-unused') })

  async function expectUnavailable(cache: ResultCache, withinMs: number): Promise<void> {
    const calls = [
      () => cache.get(keyOf('a')),
      () => cache.put(keyOf('a'), recordOf(10), {}),
      () => cache.lease(keyOf('a'), { signal: new AbortController().signal }),
      () => cache.forget(digestOf('book')),
    ]
    const startedAt = Date.now()
    await Promise.all(calls.map((call) => expect(call()).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE', retryable: true })))
    expect(Date.now() - startedAt).toBeLessThan(withinMs)
  }

  async function expectRecovery(cache: ResultCache): Promise<void> {
    const until = Date.now() + 10_000
    for (;;) {
      try {
        await cache.put(keyOf('a'), recordOf(10), {})
        break
      } catch (error) {
        if (Date.now() > until) throw error
        await sleep(50)
      }
    }
    expect(await cache.get(keyOf('a'))).toEqual(recordOf(10))
  }

  it('is unavailable within 2 s when there is none, at once from then on, and back when it comes', async () => {
    const port = await freePort()
    await using cache = createRedisResultCache({ url: `redis://127.0.0.1:${port}`, blobs })
    await expectUnavailable(cache, 2000)
    await expectUnavailable(cache, 500)
    const server = await startRedis({ port })
    try {
      await expectRecovery(cache)
    } finally {
      await server.stop()
    }
    await expectUnavailable(cache, 2000)
  })

  it('is unavailable within 2 s when it hangs, at once from then on, and back when it goes on', async () => {
    const server = await startRedis()
    try {
      await using cache = createRedisResultCache({ url: server.url, blobs, leaseMs: 900 })
      const lease = (await cache.lease(keyOf('a'), { signal: new AbortController().signal })) as Lease
      const waiting = expect(
        cache.lease(keyOf('b'), { signal: new AbortController().signal }).then((held) => held as Lease),
      ).resolves.toBeDefined()
      await waiting
      server.process.kill('SIGSTOP')
      await expectUnavailable(cache, 2000)
      await expectUnavailable(cache, 500)
      if (!lease.signal.aborted) await once(lease.signal, 'abort')
      await lease[Symbol.asyncDispose]()
      server.process.kill('SIGCONT')
      await expectRecovery(cache)
    } finally {
      await server.stop()
    }
  })

  it('is unavailable for writing when it is full, and still gives what it has', async () => {
    const server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] })
    try {
      await using cache = createRedisResultCache({ url: server.url, blobs })
      let kept = 0
      const refusal = await (async () => {
        for (; kept < 1000; kept++) await cache.put(keyOf(`${kept}`), recordOf(20_000), {})
      })().catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'CACHE_UNAVAILABLE', message: expect.stringContaining('full') })
      expect(kept).toBeGreaterThan(8)
      // Eight made room; the next write finds it, and what is left is still given.
      const { entries } = await cache.stats()
      expect(entries).toBe(kept - 8)
      await cache.put(keyOf('next'), recordOf(20_000), {})
      expect(await cache.get(keyOf('next'))).toEqual(recordOf(20_000))
      const there = await Promise.all(Array.from({ length: kept }, (_, i) => cache.get(keyOf(`${i}`))))
      expect(there.filter((record) => record !== undefined)).toEqual(Array.from({ length: entries }, () => recordOf(20_000)))
      await leaveNoRoom(server.url)
      await expect(cache.lease(keyOf('new'), { signal: new AbortController().signal })).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
      expect(isResultRecord(await cache.lease(keyOf('next'), { signal: new AbortController().signal }))).toBe(true)
      await cache.clear()
      expect(await cache.stats()).toEqual({ entries: 0, bytes: 0 })
    } finally {
      await server.stop()
    }
  })
})

/** A full Redis still takes small values for a while; below what it uses already it takes none. */
async function leaveNoRoom(url: string): Promise<void> {
  const client = new Redis(url)
  await client.config('SET', 'maxmemory', '100kb')
  client.disconnect()
}

function startCaller(url: string, prefix: string, mode: string): ChildProcess {
  const script = join(import.meta.dirname, 'caller.ts')
  return spawn(process.execPath, [...process.execArgv, script, url, prefix, keyOf('shared'), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout!) output += chunk
  return output
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  return chunk.toString().trim()
}
