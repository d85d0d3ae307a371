// What is in a cache already: a page's image through its HTTP route, from Redis and the blob store, against a bare route that gives as many bytes out
// of Redis; and a list of a collection at the port of the query cache against the database. Needs `pnpm build`, /proc and `.ci/servers/up`.
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Stored, TableDefinition } from '@imagedoc/core'
import { createMongodbMetadataStore, createRedisQueryCache } from '@imagedoc/server'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import sharp from 'sharp'
import { mutate, uploadDocument } from '../harness/archive.ts'
import { atLeast, atMost, type Figure, format, type Measure } from '../harness/figure.ts'
import { openFleet, testServers } from '../harness/fleet.ts'
import { interleave, median } from '../harness/interleave.ts'
import { cpuOf } from '../harness/process.ts'
import { register, startServer } from '../harness/server.ts'

const KEY = 'bench:bytes'
const WIDTH = 1280

export const measure: Measure = async ({ quick }) => [
  await measureRoute('files', quick),
  await measureRoute('s3', quick),
  await measureQuery(quick),
]

/** CPU of the server process for the same number of requests, in turns. */
async function measureRoute(kept: 'files' | 's3', quick: boolean): Promise<Figure> {
  const count = quick ? 50 : 400
  await using fleet = await openFleet({ kept })
  const server = await fleet.serve()
  const session = { url: server.url, token: await register(server) }
  const { id: collection } = await mutate<{ id: string }>(session, 'collections.create', { title: 'cached' })
  const document = await uploadDocument(session, collection, await busyPage())
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const image = `${server.url}/documents/${document}/pages/1?width=${WIDTH}`
  const bytes = await get(agent, image, session.token)
  // What was made for somebody goes into the lasting cache when it is asked for again.
  for (let time = 0; time < 3; time++) await get(agent, image, session.token)
  const redis = new Redis(testServers().redis)
  await redis.set(KEY, Buffer.alloc(bytes, 1))
  redis.disconnect()
  process.env['IMAGEDOC_BENCH_REDIS'] = `${testServers().redis} ${KEY}`
  await using bare = await startServer('bare-redis', '')
  const calls = {
    bare: () => many(count, () => get(agent, `${bare.url}/`)),
    cached: () => many(count, () => get(agent, image, session.token)),
  }
  await calls.bare()
  await calls.cached()
  const spent = { bare: [] as number[], cached: [] as number[] }
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    spent.bare.push(await cpuOf(bare.pid, calls.bare))
    spent.cached.push(await cpuOf(server.pid, calls.cached))
  }
  agent.destroy()
  const micros = (values: readonly number[]): number => (values.reduce((sum, value) => sum + value, 0) / values.length / count) * 1e6
  const [own, other] = [micros(spent.cached), micros(spent.bare)]
  const where = kept === 's3' ? 'S3' : 'files'
  const what = `Server: CPU of a cached page image with authentication, Redis and blobs in ${where}, against a bare route with a Redis GET of the same size`
  return atMost(
    what,
    { bound: 4, unit: 'x' },
    { number: own / other, detail: `${format(bytes / 1000)} KB; ${format(own)} and ${format(other)} µs` },
  )
}

/** Noise that a JPEG of this width takes about 300 KB for. */
async function busyPage(): Promise<Uint8Array> {
  const noise = { type: 'gaussian', mean: 200, sigma: 5.6 } as const
  const made = sharp({ create: { width: WIDTH, height: Math.round(WIDTH * 1.4), channels: 3, background: '#ffffff', noise } })
  return made.withDensity(150).jpeg({ quality: 90 }).toBuffer()
}

interface Row extends Stored {
  readonly collection_id: string
  readonly title: string
}

const rows: TableDefinition<Row> = { name: 'documents', indexes: { by_collection: { fields: ['collection_id', 'created_at'] } } }

/** A page of 50 out of a collection. */
async function measureQuery(quick: boolean): Promise<Figure> {
  const { redis, mongodb } = testServers()
  const count = quick ? 500 : 10_000
  const name = `bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  try {
    await using store = createMongodbMetadataStore({ url: `${mongodb}/${name}` })
    await store.migrate([rows])
    const table = store.table(rows)
    for (let number = 0; number < count; number += 50)
      await Promise.all(Array.from({ length: 50 }, (_, index) => table.insert(rowOf(number + index))))
    await using cache = await createRedisQueryCache({ url: redis, prefix: `bench:${name}:` })
    const list = async () =>
      (await table.list({ index: 'by_collection', equals: ['letters'], limit: 50 })).rows.map(({ _id, title }) => ({ _id, title }))
    const timing = await interleave(
      { uncached: list, cached: () => cache.read({ tags: ['letters'], key: 'list' }, list) },
      { rounds: quick ? 20 : 300, warm: 5 },
    )
    const [uncached, cached] = [median(timing.uncached.rounds), median(timing.cached.rounds)]
    const detail = `${format(uncached)} and ${format(cached)} ms, medians`
    return atLeast(
      `Query cache: 50 of ${count} documents in MongoDB at the port, uncached against cached`,
      { bound: 5, unit: 'x' },
      { number: uncached / cached, detail },
    )
  } finally {
    await using client = new MongoClient(mongodb)
    await client.db(name).dropDatabase()
  }
}

function rowOf(number: number): Row {
  const _id = number.toString(16).padStart(24, '0')
  return {
    _id,
    revision: 0,
    created_at: new Date(Date.UTC(2026, 0, 1) + number * 60_000),
    collection_id: 'letters',
    title: `Letter ${number}`,
  }
}

async function many(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += 8) await Promise.all(Array.from({ length: Math.min(8, count - done) }, call))
}

/** Gives the number of bytes. */
function get(agent: Agent, url: string, token?: string): Promise<number> {
  return new Promise((done, failed) => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const call = request(url, { agent, headers }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => (response.statusCode === 200 ? done(bytes) : failed(new Error(`${url}: ${response.statusCode}`))))
    })
    call.on('error', failed)
    call.end()
  })
}
