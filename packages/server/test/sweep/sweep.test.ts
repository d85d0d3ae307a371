import { afterEach, beforeEach, expect, it } from 'vitest'
import { collectionsTag } from '../../src/collections/written.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, openTestServer, type TestServer } from '../support/test-server.ts'

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS)
const never = new AbortController().signal

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server[Symbol.asyncDispose]())

it('purges what lay in the trash for its time, with the blobs, and gives back the quota', async () => {
  const { services } = server
  const { id: user_id } = await addUser(services)
  const kept = await addCollection(services, { user_id })
  const gone = await addCollection(services, { user_id, deleted_at: daysAgo(31) })
  const living = await addDocument(services, { collection_id: kept._id })
  const recent = await addDocument(services, { collection_id: kept._id, deleted_at: daysAgo(29) })
  const overdue = await addDocument(services, { collection_id: kept._id, deleted_at: daysAgo(31) })
  const inside = await addDocument(services, { collection_id: gone._id })
  expect(await sweep(services, never)).toMatchObject({ trash: 3 })
  const rows = await Promise.all([living, recent, overdue, inside].map(({ _id }) => services.tables.documents.get(_id)))
  expect(rows.map((row) => row !== undefined)).toEqual([true, true, false, false])
  expect(await services.tables.collections.get(gone._id)).toBeUndefined()
  expect(await services.blobs.stat(inside.original.digest)).toBeUndefined()
  expect(await services.usage.read(user_id)).toEqual({ bytes: living.original.size + recent.original.size, documents: 2 })
})

it('forgets kept lists of a collection that it purged', async () => {
  const { services } = server
  const { id: user_id } = await addUser(services)
  await addCollection(services, { user_id, deleted_at: daysAgo(31) })
  const forgotten: string[] = []
  const queryCache = { ...services.queryCache, invalidate: async (tags: Iterable<string>) => void forgotten.push(...tags) }
  await sweep({ ...services, queryCache }, never)
  expect(forgotten).toContain(collectionsTag(user_id))
})

it('deletes tokens that have expired and leaves the others', async () => {
  const { services } = server
  await addUser(services, { tokenEndsAt: daysAgo(1) })
  await addUser(services)
  expect(await sweep(services, never)).toMatchObject({ tokens: 1 })
  expect(await services.tables.tokens.count('by_expiry')).toBe(1)
})

it('counts usage anew where a process died between the reservation and the document', async () => {
  const { services } = server
  const { id } = await addUser(services)
  const { original } = await addDocument(services, { collection_id: (await addCollection(services, { user_id: id }))._id })
  await services.usage.reserve(id, { bytes: 5000, documents: 3 })
  const row = await services.tables.usage.get(id)
  if (row) await services.tables.usage.replaceIf({ ...row, counted_at: daysAgo(2) })
  expect(await sweep(services, never)).toMatchObject({ usage: 1 })
  expect(await services.usage.read(id)).toEqual({ bytes: original.size, documents: 1 })
})

it('does not sweep while another process does', async () => {
  await using lease = await server.services.lock.acquire('sweep', { ttlMs: 60_000 })
  expect(lease).toBeDefined()
  expect(await sweep(server.services, never)).toBeUndefined()
})
