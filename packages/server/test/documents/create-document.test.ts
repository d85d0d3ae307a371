import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dropBlob } from '../../src/documents/held-blobs.ts'
import { addCollection, addUpload } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type RpcAnswer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

const create = (input: object, { token } = ana): Promise<RpcAnswer> =>
  callRpc(server.app, { path: 'documents.create', type: 'mutation', input, token })

describe('documents.create', () => {
  it('fifty at once into one collection all succeed, and are counted once each', async () => {
    const eva = await addUser(server.services)
    const { _id: collection_id } = await addCollection(server.services, { user_id: eva.id })
    const uploads = await Promise.all(Array.from({ length: 50 }, () => addUpload(server.services, eva.id)))
    const answers = await Promise.all(uploads.map(({ _id: upload }) => create({ collection_id, upload }, eva)))
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['ok']))
    const bytes = uploads.reduce((sum, { size }) => sum + size, 0)
    expect(await server.services.usage.read(eva.id)).toEqual({ bytes, documents: 50 })
    expect((await server.services.tables.collections.get(collection_id))?.documents).toHaveLength(50)
  })

  it('with a quota of ten, ten of fifty at once succeed', async () => {
    const eva = await addUser(server.services, { quota: { bytes: 1e9, documents: 10 } })
    const { _id: collection_id } = await addCollection(server.services, { user_id: eva.id })
    const uploads = await Promise.all(Array.from({ length: 50 }, () => addUpload(server.services, eva.id)))
    const answers = await Promise.all(uploads.map(({ _id: upload }) => create({ collection_id, upload }, eva)))
    const outcomes = answers.map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(10)
    expect(outcomes.filter((outcome) => outcome === 'QUOTA_EXCEEDED')).toHaveLength(40)
    expect(await server.services.tables.documents.count('by_collection', [collection_id])).toBe(10)
  })

  it('ten of the same request at once make one document, and are told the same', async () => {
    const eva = await addUser(server.services)
    const { _id: collection_id } = await addCollection(server.services, { user_id: eva.id })
    const { _id: upload } = await addUpload(server.services, eva.id)
    const input = { collection_id, upload, idempotencyKey: 'ten-at-once' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(input, eva)))
    expect(new Set(answers.map(({ outcome, data }) => `${outcome} ${(data as { id?: string } | undefined)?.id}`)).size).toBe(1)
    expect(answers[0]?.outcome).toBe('ok')
    expect(await server.services.usage.read(eva.id)).toMatchObject({ documents: 1 })
  })

  it('repeated does not show a document that its maker may not see any more', async () => {
    const eva = await addUser(server.services)
    const { _id: shared } = await addCollection(server.services, { user_id: ana.id, members: [{ user_id: eva.id, role: 'editor' }] })
    const { _id: hidden } = await addCollection(server.services, { user_id: ana.id })
    const { _id: upload } = await addUpload(server.services, eva.id)
    const input = { collection_id: shared, upload, idempotencyKey: 'made-by-eva' }
    const { id, revision } = (await create(input, eva)).data as { id: string; revision: number }
    const move = { id, revision, collection_id: hidden }
    await callRpc(server.app, { path: 'documents.move', type: 'mutation', input: move, token: ana.token })
    const answer = await create(input, eva)
    expect(answer.outcome).toBe('NOT_FOUND')
    expect(answer.text).not.toContain(hidden)
  })

  it('makes no document without bytes when its upload and the blob go meanwhile', async () => {
    const { services } = server
    const { _id: collection_id } = await addCollection(services, { user_id: ana.id })
    const { _id: upload, original } = await addUpload(services, ana.id)
    const before = await services.usage.read(ana.id)
    const { documents } = services.tables
    const insert = documents.insert.bind(documents)
    Object.assign(documents, {
      insert: async (...call: Parameters<typeof insert>) => {
        await services.tables.uploads.delete(upload)
        expect(await dropBlob(services, original!.digest)).toBe(true)
        await insert(...call)
      },
    })
    expect((await create({ collection_id, upload })).outcome).toBe('NOT_FOUND')
    Object.assign(documents, { insert })
    expect(await documents.count('by_collection', [collection_id])).toBe(0)
    expect(await services.usage.read(ana.id)).toEqual(before)
  })
})
