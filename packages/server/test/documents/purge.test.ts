import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dropBlob, keepBlob } from '../../src/documents/held-blobs.ts'
import { purgeDocument } from '../../src/documents/purge.ts'
import { newId } from '../../src/records/id.ts'
import { PURGING } from '../../src/records/trash.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

const never = new AbortController().signal
const longAgo = new Date(Date.now() - 31 * 86_400_000)

let server: TestServer
let ana: TestUser
beforeEach(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
})
afterEach(() => server[Symbol.asyncDispose]())

const query = (path: string, input: unknown) => callRpc(server.app, { path, type: 'query', input, token: ana.token })
const mutate = (path: string, input: unknown) => callRpc(server.app, { path, type: 'mutation', input, token: ana.token })

describe('a purge', () => {
  it('leaves a document whole that was restored since it was read', async () => {
    const { services } = server
    const collection = await addCollection(services, { user_id: ana.id })
    const read = await addDocument(services, { collection_id: collection._id, deleted_at: longAgo })
    const version = { document_id: read._id, number: 1, run_id: null, receipt: null, outputs: [], layouts: [] }
    await services.tables.versions.insert({ _id: newId(), revision: 0, created_at: new Date(), ...version })
    expect((await mutate('documents.restore', { id: read._id })).outcome).toBe('ok')
    expect(await purgeDocument(services, read, collection)).toBe(false)
    expect((await query('documents.get', { id: read._id })).outcome).toBe('ok')
    expect(await services.tables.versions.count('by_document', [read._id])).toBe(1)
    expect(await services.blobs.stat(read.original.digest)).toBeDefined()
  })

  it('by the sweep leaves a collection whole that was restored since it was listed', async () => {
    const { services } = server
    const { collections } = services.tables
    const { _id: id } = await addCollection(services, { user_id: ana.id, deleted_at: longAgo })
    const document = await addDocument(services, { collection_id: id })
    const list = collections.list.bind(collections)
    Object.assign(collections, {
      list: async (...call: Parameters<typeof list>) => {
        const page = await list(...call)
        if (call[0].index === 'by_deletion') await mutate('collections.restore', { id })
        return page
      },
    })
    expect(await sweep(services, never)).toMatchObject({ trash: 0 })
    expect((await query('documents.get', { id: document._id })).outcome).toBe('ok')
    expect((await query('collections.get', { id })).data).toMatchObject({ deleted_at: null, documents: [document._id] })
  })

  it('that was interrupted is finished by the sweep, and until then nobody finds the document', async () => {
    const { services } = server
    const { _id: collection_id } = await addCollection(services, { user_id: ana.id })
    const { _id: id, original } = await addDocument(services, { collection_id, deleted_at: PURGING })
    for (const path of ['documents.restore', 'documents.delete', 'documents.purge'])
      expect((await mutate(path, { id })).outcome).toBe('NOT_FOUND')
    expect((await query('documents.get', { id })).outcome).toBe('NOT_FOUND')
    expect((await query('documents.list', { collection_id, trash: true })).data).toMatchObject({ items: [] })
    expect(await sweep(services, never)).toMatchObject({ trash: 1 })
    expect(await services.blobs.stat(original.digest)).toBeUndefined()
    expect(await services.usage.read(ana.id)).toEqual({ bytes: 0, documents: 0 })
  })

  it('of a collection that was interrupted is finished by the sweep, and until then nobody finds it', async () => {
    const { services } = server
    const { _id: id } = await addCollection(services, { user_id: ana.id, deleted_at: PURGING })
    const document = await addDocument(services, { collection_id: id })
    expect((await query('collections.get', { id })).outcome).toBe('NOT_FOUND')
    expect((await mutate('collections.restore', { id })).outcome).toBe('NOT_FOUND')
    expect((await query('documents.get', { id: document._id })).outcome).toBe('NOT_FOUND')
    expect((await query('collections.list', { trash: true })).data).toMatchObject({ items: [] })
    expect(await sweep(services, never)).toMatchObject({ trash: 2 })
    expect(await services.tables.collections.get(id)).toBeUndefined()
  })

  it('leaves a blob that somebody is about to hold', async () => {
    const { services } = server
    const { _id: collection_id } = await addCollection(services, { user_id: ana.id })
    const { _id: id, original } = await addDocument(services, { collection_id, deleted_at: longAgo })
    const turn = await keepBlob(services, original.digest)
    expect((await mutate('documents.purge', { id })).outcome).toBe('ok')
    expect(await services.blobs.stat(original.digest)).toBeDefined()
    await turn[Symbol.asyncDispose]()
    expect(await dropBlob(services, original.digest)).toBe(true)
    expect(await services.blobs.stat(original.digest)).toBeUndefined()
  })
})
