import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobStore, digestOf, isResultRecord, type ResultRecord } from '@imagedoc/core'
import { createRedisConnection, createRedisResultCache, type RedisKeyRow } from '@imagedoc/core/drivers/redis'
import { describe, expect, it } from 'vitest'
import { createRateLimits } from '../../../src/accounts/rate-limits.ts'
import { createRedisEventBus } from '../../../src/drivers/redis/event-bus.ts'
import { redisKeyTable, serverKeys } from '../../../src/drivers/redis/keys.ts'
import { createRedisLock } from '../../../src/drivers/redis/lock.ts'
import { createRedisPresence } from '../../../src/drivers/redis/presence.ts'
import { createRedisRoster } from '../../../src/drivers/redis/roster.ts'
import { createRedisRunEventLog } from '../../../src/drivers/redis/run-event-log.ts'
import { createRedisQueryCache } from '../../../src/query-cache/redis-query-cache.ts'
import { batch } from '../../run-events/log-contract.ts'
import { noRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''
const book = digestOf('book')
const key = digestOf('key')

describe('the table of keys', () => {
  it('stands in the documentation as it is here', async () => {
    const rows = redisKeyTable.map(({ name, type, ttl, loss }) => `| \`${name}\` | ${type} | ${ttl} | ${loss} |`)
    const page = await readFile(join(import.meta.dirname, '../../../../../docs/drivers.md'), 'utf8')
    expect(page).toContain(['| key | type | kept for | when it is lost |', '|---|---|---|---|', ...rows].join('\n'))
  })

  it('names no two keys alike', () => {
    const patterns = redisKeyTable.map(patternOf)
    for (const { name } of redisKeyTable) expect(patterns.filter((pattern) => pattern.test(exampleOf(name)))).toHaveLength(1)
  })
})

describe.skipIf(noRedis)(noRedis ?? 'the table of keys', () => {
  it('tells of every key that the drivers make its type, and that it ends by itself', async () => {
    const prefix = `test:${randomUUID()}:`
    await using stack = new AsyncDisposableStack()
    const connection = stack.use(createRedisConnection({ url }))
    await useEverything({ stack, prefix, connection })
    const seen = new Map<RedisKeyRow, string>()
    const names = await connection.run((client) => client.keys(`${prefix}*`))
    for (const name of names) {
      const rows = redisKeyTable.filter((row) => patternOf(row).test(name.slice(prefix.length)))
      expect(rows, name).toHaveLength(1)
      expect(await connection.run((client) => client.pttl(name)), name).toBeGreaterThan(0)
      seen.set(rows[0] as RedisKeyRow, await connection.run((client) => client.type(name)))
    }
    const kept = redisKeyTable.filter(({ type }) => type !== 'channel')
    expect(kept.map((row) => [row.name, seen.get(row)])).toEqual(kept.map(({ name, type }) => [name, type.replace('sorted set', 'zset')]))
  })
})

interface Parts {
  stack: AsyncDisposableStack
  prefix: string
  connection: ReturnType<typeof createRedisConnection>
}

async function useEverything({ stack, prefix, connection }: Parts): Promise<void> {
  const cache = stack.use(
    createRedisResultCache({ url, prefix, maxBytes: 1e6, blobs: createFileBlobStore({ path: join(tmpdir(), 'unused') }) }),
  )
  const lease = await cache.lease(digestOf('other key'), { signal: new AbortController().signal })
  if (!isResultRecord(lease)) stack.use(lease)
  await cache.put(key, record, {})
  const lock = await stack.use(createRedisLock({ connection, prefix })).acquire('sweep', { ttlMs: 5000 })
  if (lock) stack.use(lock)
  await createRateLimits({}, { connection, prefix }).entry('192.0.2.1')
  const queries = stack.use(await createRedisQueryCache({ url, prefix }))
  await queries.read({ tags: ['collections'], key: 'list' }, async () => 'answer')
  await createRedisRunEventLog({ connection, prefix }).append('run-1', batch(1, 1))
  const roster = createRedisRoster({ connection, prefix, log: { warn: () => undefined } })
  stack.use(roster.join({ id: 'worker-1', takes: ['image'], concurrency: 1 }))
  const databases = stack.use(createRedisPresence({ connection, key: serverKeys(prefix).databases, failed: () => undefined }))
  await databases.join('database-1').said
  await stack.use(createRedisEventBus({ connection, prefix })).publish('topic', 'message')
}

const record: ResultRecord = {
  schemaVersion: 2,
  output: {
    kind: 'data',
    meta: null,
    matrix: null,
    descriptor: { mediaType: 'application/json', digest: book, size: 1 },
    inline: new Uint8Array(1),
  },
  diagnostics: [],
  fingerprint: null,
  sources: [book],
  createdAt: '2026-11-24T12:00:00.000Z',
}

function patternOf({ name }: RedisKeyRow): RegExp {
  return new RegExp(`^${name.replace(/<[^>]+>/g, '.+')}$`)
}

const exampleOf = (name: string): string => name.replace(/<[^>]+>/g, 'x')
