import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

const query = (path: string, input: unknown, { token } = ana) => callRpc(server.app, { path, type: 'query', input, token })
const mutate = (path: string, input: unknown, { token } = ana) => callRpc(server.app, { path, type: 'mutation', input, token })
const fresh = () => addCollection(server.services, { user_id: ana.id })
const usageOf = (user: TestUser) => server.services.usage.read(user.id)

describe('documents', () => {
  it('metadata keys are set one by one, and null removes one', async () => {
    const { _id: id } = await addDocument(server.services, {
      collection_id: (await fresh())._id,
      metadata: { author: 'A', place: 'Porto' },
    })
    const { data } = await mutate('documents.update', { id, revision: 0, metadata: { author: null, date: '1902', pages: { from: 1 } } })
    expect(data).toMatchObject({ metadata: { place: 'Porto', date: '1902', pages: { from: 1 } }, revision: 1 })
    expect(data).not.toHaveProperty('metadata.author')
  })

  it('keys of metadata that mean something to a database are kept as they are', async () => {
    const { _id: id } = await addDocument(server.services, { collection_id: (await fresh())._id })
    const metadata = JSON.parse('{"$gt":"","a.b":1,"__proto__":{"polluted":true},"constructor":"c"}') as Record<string, unknown>
    const input = `{"id":"${id}","revision":0,"metadata":${JSON.stringify(metadata)}}`
    const answer = await mutate('documents.update', JSON.parse(input))
    expect(answer.outcome).toBe('ok')
    expect(answer.data).toMatchObject({ metadata: { $gt: '', 'a.b': 1, constructor: 'c' } })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it("the collection's newest 100 follow what comes, goes and moves", async () => {
    const from = await fresh()
    const to = await fresh()
    const one = await addDocument(server.services, { collection_id: from._id, created_at: new Date(1) })
    const two = await addDocument(server.services, { collection_id: from._id, created_at: new Date(2) })
    await mutate('documents.update', { id: one._id, revision: 0, title: 'One' })
    expect((await query('collections.get', { id: from._id })).data).toMatchObject({ documents: [two._id, one._id] })
    await mutate('documents.move', { id: two._id, revision: 0, collection_id: to._id })
    expect((await query('collections.get', { id: from._id })).data).toMatchObject({ documents: [one._id] })
    expect((await query('collections.get', { id: to._id })).data).toMatchObject({ documents: [two._id] })
    await mutate('documents.delete', { id: one._id })
    expect((await query('collections.get', { id: from._id })).data).toMatchObject({ documents: [] })
  })

  it("moving into another owner's collection is paid by her, and refused when she cannot", async () => {
    const rich = await addUser(server.services)
    const poor = await addUser(server.services, { quota: { bytes: 1, documents: 1 } })
    const editor = [{ user_id: ana.id, role: 'editor' as const }]
    const mine = await fresh()
    const document = await addDocument(server.services, { collection_id: mine._id })
    const before = await usageOf(ana)
    const toPoor = await addCollection(server.services, { user_id: poor.id, members: editor })
    expect((await mutate('documents.move', { id: document._id, revision: 0, collection_id: toPoor._id })).outcome).toBe('QUOTA_EXCEEDED')
    const toRich = await addCollection(server.services, { user_id: rich.id, members: editor })
    expect((await mutate('documents.move', { id: document._id, revision: 0, collection_id: toRich._id })).outcome).toBe('ok')
    expect(await usageOf(rich)).toEqual({ bytes: document.original.size, documents: 1 })
    expect(await usageOf(poor)).toEqual({ bytes: 0, documents: 0 })
    expect(await usageOf(ana)).toEqual({ bytes: before.bytes - document.original.size, documents: before.documents - 1 })
  })

  it('are found by the digest of their original, in one collection and out of the trash', async () => {
    const { _id: collection_id } = await fresh()
    const there = await addDocument(server.services, { collection_id })
    const copy = await addDocument(server.services, { collection_id, original: there.original })
    await addDocument(server.services, { collection_id })
    await addDocument(server.services, { collection_id: (await fresh())._id, original: there.original })
    const { digest } = there.original
    const found = async () => {
      const { data } = await query('documents.list', { collection_id, digest })
      return (data as { items: { id: string }[] }).items.map(({ id }) => id).sort()
    }
    expect(await found()).toEqual([there._id, copy._id].sort())
    await mutate('documents.delete', { id: copy._id })
    expect(await found()).toEqual([there._id])
    expect((await query('documents.list', { collection_id, digest }, await addUser(server.services))).outcome).toBe('NOT_FOUND')
    expect((await query('documents.list', { collection_id, digest, trash: true })).outcome).toBe('INVALID_REQUEST')
    expect((await query('documents.list', { collection_id, digest: 'sha256:1' })).outcome).toBe('INVALID_REQUEST')
  })

  it('purge wants the trash first, and leaves a blob that another document holds', async () => {
    const { _id: collection_id } = await fresh()
    const one = await addDocument(server.services, { collection_id })
    const copy = await addDocument(server.services, { collection_id, original: one.original })
    expect((await mutate('documents.purge', { id: one._id })).outcome).toBe('INVALID_REQUEST')
    for (const { _id: id } of [one, copy]) {
      expect(await server.services.blobs.stat(one.original.digest)).toBeDefined()
      await mutate('documents.delete', { id })
      expect((await mutate('documents.purge', { id })).outcome).toBe('ok')
      expect((await query('documents.get', { id })).outcome).toBe('NOT_FOUND')
    }
    expect(await server.services.blobs.stat(one.original.digest)).toBeUndefined()
  })

  it('lists by age or by title, page by page, and nothing twice', async () => {
    const { _id: collection_id } = await fresh()
    const titles = Array.from({ length: 7 }, (_, index) => `t${(index * 3) % 7}`)
    for (const [index, title] of titles.entries()) await addDocument(server.services, { collection_id, title, created_at: new Date(index) })
    const all = async (order: string): Promise<string[]> => {
      const found: string[] = []
      let after: string | undefined
      do {
        const { data } = await query('documents.list', { collection_id, order, limit: 3, ...(after ? { after } : {}) })
        const page = data as { items: { title: string }[]; next: string | null }
        found.push(...page.items.map(({ title }) => title))
        after = page.next ?? undefined
      } while (after)
      return found
    }
    expect(await all('newest')).toEqual(titles.toReversed())
    expect(await all('title')).toEqual(titles.toSorted())
  })
})
