// A hit of 64 KB in the Redis result cache beside a bare GET of the same bytes, one after the other, over and over: node --conditions=@imagedoc/source benchmarks/src/redis-hit.ts
// Uses IMAGEDOC_TEST_REDIS_URL, or a redis-server of its own.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobStore, digestOf, type ResultRecord } from '@imagedoc/core'
import { createRedisResultCache } from '@imagedoc/core/drivers/redis'
import { Redis } from 'ioredis'

const ROUNDS = 5000
const bytes = new Uint8Array(randomBytes(64 * 1024))
const record: ResultRecord = {
  schemaVersion: 2,
  output: {
    kind: 'image',
    meta: { width: 2480, height: 3508, channels: null, density: 300 },
    matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    descriptor: { mediaType: 'image/png', digest: digestOf(bytes), size: bytes.length },
    inline: bytes,
  },
  diagnostics: [],
  fingerprint: { sharp: '0.35.5', libvips: '8.18.2' },
  sources: [digestOf('a document')],
  createdAt: '2026-11-24T12:00:00.000Z',
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function timed(into: number[], work: () => Promise<unknown>): Promise<void> {
  const startedAt = process.hrtime.bigint()
  await work()
  into.push(Number(process.hrtime.bigint() - startedAt) / 1000)
}

async function measure(url: string): Promise<void> {
  const bare = new Redis(url)
  const cache = createRedisResultCache({
    url,
    prefix: 'imagedoc-benchmark:',
    blobs: createFileBlobStore({ path: join(tmpdir(), 'imagedoc-unused') }),
  })
  await bare.ping()
  const key = digestOf('a result').slice('sha256:'.length)
  await cache.put(key, record, { ttlMs: 600_000 })
  await bare.set('imagedoc-benchmark:bare', Buffer.from(bytes), 'PX', 600_000)
  const times = { bare: [] as number[], again: [] as number[], hit: [] as number[] }
  for (let round = -500; round < ROUNDS; round++) {
    const warm = round < 0
    await timed(warm ? [] : times.bare, () => bare.getBuffer('imagedoc-benchmark:bare'))
    await timed(warm ? [] : times.hit, () => cache.get(key))
    await timed(warm ? [] : times.again, () => bare.getBuffer('imagedoc-benchmark:bare'))
  }
  const found = await cache.get(key)
  if (!found || !('inline' in found.output) || found.output.inline?.length !== bytes.length) throw new Error('the cache did not answer')
  await bare.unlink('imagedoc-benchmark:bare')
  await cache.clear()
  await cache[Symbol.asyncDispose]()
  bare.disconnect()
  const get = median([...times.bare, ...times.again])
  const hit = median(times.hit)
  const noise = median(times.again) / median(times.bare)
  console.log(
    `bare GET of 64 KB ${get.toFixed(1)} us · hit ${hit.toFixed(1)} us · ratio ${(hit / get).toFixed(2)} (GET against GET ${noise.toFixed(2)})`,
  )
}

async function withServer(work: (url: string) => Promise<void>): Promise<void> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  try {
    await work(`redis://127.0.0.1:${port}`)
  } finally {
    server.kill('SIGKILL')
  }
}

const given = process.env['IMAGEDOC_TEST_REDIS_URL']
await (given ? measure(given) : withServer(measure))
