import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobStore } from '@imagedoc/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import type { QueryCache } from '../../src/query-cache/query-cache.ts'
import { createRedisQueryCache } from '../../src/query-cache/redis-query-cache.ts'
import { addUpload } from '../support/archive.ts'
import { noRedis, redisUrl } from '../support/redis.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

/** Random reads and writes by several users through two servers that share a database, blobs and a Redis, against what the database says uncached. */
const acts = [
  'list',
  'list',
  'list',
  'create',
  'rename',
  'share',
  'unshare',
  'trash',
  'restore',
  'upload',
  'retitle',
  'move',
  'trash document',
  'purge document',
] as const
type Act = (typeof acts)[number]
type Step = {
  who: number
  server: number
  act: Act
  what: number
  whom: number
}

const step = fc.record({
  who: fc.nat(2),
  server: fc.nat(1),
  act: fc.constantFrom(...acts),
  what: fc.nat(50),
  whom: fc.nat(2),
})

interface World extends AsyncDisposable {
  readonly servers: readonly TestServer[]
  readonly plain: TestServer
  readonly users: readonly TestUser[]
}

async function openWorld(url: string, change: (cache: QueryCache) => QueryCache = (cache) => cache, ttlMs?: number): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-model-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const prefix = `test:${randomUUID()}:`
  const blobs = stack.use(createFileBlobStore({ path: join(folder, 'blobs') }))
  const open = async (cache?: QueryCache): Promise<TestServer> => {
    const store = stack.use(createSqliteMetadataStore({ path: join(folder, 'db.sqlite'), exclusive: false }))
    return stack.use(await openTestServer({ drivers: { store, blobs, ...(cache ? { queryCache: cache } : {}) } }))
  }
  const cache = async (): Promise<QueryCache> =>
    change(stack.use(await createRedisQueryCache({ url, prefix, ...(ttlMs === undefined ? {} : { ttlMs }) })))
  const servers = [await open(await cache()), await open(await cache())]
  const plain = await open()
  const users = [await addUser(plain.services), await addUser(plain.services), await addUser(plain.services)]
  return { servers, plain, users, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function idsOf(server: TestServer, { token }: TestUser): Promise<{ id: string; title: string; revision: number; user_id: string }[]> {
  const { data, outcome } = await callRpc(server.app, { path: 'collections.list', type: 'query', input: { limit: 100 }, token })
  expect(outcome).toBe('ok')
  return (data as { items: { id: string; title: string; revision: number; user_id: string }[] }).items
}

/** What both kinds of list show her: every collection, and the documents of each. */
async function everythingOf(server: TestServer, user: TestUser): Promise<unknown> {
  const collections = await idsOf(server, user)
  const documents = collections.map(({ id: collection_id }) =>
    callRpc(server.app, { path: 'documents.list', type: 'query', input: { collection_id, order: 'title' }, token: user.token }),
  )
  return { collections, documents: (await Promise.all(documents)).map(({ data }) => data) }
}

async function take({ servers, plain, users }: World, { who, server, act, what, whom }: Step): Promise<void> {
  const at = servers[server] as TestServer
  const user = users[who] as TestUser
  const call = (path: string, input: unknown) => callRpc(at.app, { path, type: 'mutation', input, token: user.token })
  if (act === 'list') {
    const uncached = await everythingOf(plain, user)
    // Twice: the second answer is a kept one.
    expect(await everythingOf(at, user)).toEqual(uncached)
    expect(await everythingOf(at, user)).toEqual(uncached)
    return
  }
  if (act === 'create') return void (await call('collections.create', { title: `t${what}` }))
  const { tables } = plain.services
  const own = await tables.collections.list({ index: 'by_owner', equals: [user.id], limit: 100 })
  const row = own.rows[what % Math.max(1, own.rows.length)]
  if (!row) return
  const id = row._id
  const { rows } = await tables.documents.list({ index: 'by_collection', equals: [id], limit: 100 })
  const document = rows[whom % Math.max(1, rows.length)]
  if (act === 'upload') {
    const upload = await addUpload(at.services, user.id)
    await call('documents.create', { collection_id: id, upload: upload._id, title: `d${what}` })
  }
  const other = users[whom] as TestUser
  if (act === 'rename') await call('collections.update', { id, revision: row.revision, title: `r${what}` })
  if (act === 'share') await call('collections.members.set', { id, username: other.username, role: 'viewer' })
  if (act === 'unshare') await call('collections.members.remove', { id, user_id: other.id })
  if (act === 'trash') await call('collections.delete', { id })
  if (act === 'restore') await call('collections.restore', { id })
  if (!document) return
  const { _id, revision } = document
  if (act === 'retitle') await call('documents.update', { id: _id, revision, title: `e${what}` })
  if (act === 'move') await call('documents.move', { id: _id, revision, collection_id: own.rows[whom % own.rows.length]?._id })
  if (act === 'trash document') await call('documents.delete', { id: _id })
  if (act === 'purge document') await call('documents.purge', { id: _id })
}

const url = redisUrl()

describe.skipIf(noRedis)(noRedis ?? 'the query cache in Redis', () => {
  it('never shows a stale list, whoever writes through whichever server', async () => {
    await using world = await openWorld(url as string)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        for (const each of steps) await take(world, each)
      }),
      { numRuns: 20, seed: 20_261_125, endOnFailure: true },
    )
  })

  it('shows no list that is older than its bound when every invalidation is lost', async () => {
    const deaf = (cache: QueryCache): QueryCache => ({ ...cache, invalidate: async () => undefined })
    const ttlMs = 300
    await using world = await openWorld(url as string, deaf, ttlMs)
    const [user] = world.users as [TestUser]
    const [server] = world.servers as [TestServer]
    expect(await idsOf(server, user)).toEqual([])
    const written = performance.now()
    await callRpc(server.app, { path: 'collections.create', type: 'mutation', input: { title: 'new' }, token: user.token })
    await expect.poll(() => idsOf(server, user), { interval: 20, timeout: 5000 }).toHaveLength(1)
    expect(performance.now() - written).toBeLessThan(ttlMs + 300)
  })

  it('never shows a removed member the list that was kept for her, also when the invalidation is lost', async () => {
    const deaf = (cache: QueryCache): QueryCache => ({ ...cache, invalidate: async () => undefined })
    await using world = await openWorld(url as string, deaf)
    const [owner, member] = world.users as [TestUser, TestUser]
    const [server] = world.servers as [TestServer]
    const { data } = await callRpc(server.app, { path: 'collections.create', type: 'mutation', input: { title: 'x' }, token: owner.token })
    const { id } = data as { id: string }
    await callRpc(server.app, {
      path: 'collections.members.set',
      type: 'mutation',
      input: { id, username: member.username, role: 'viewer' },
      token: owner.token,
    })
    expect(await idsOf(server, member)).toHaveLength(1)
    await callRpc(server.app, {
      path: 'collections.members.remove',
      type: 'mutation',
      input: { id, user_id: member.id },
      token: owner.token,
    })
    expect(await idsOf(server, member)).toEqual([])
  })
})
