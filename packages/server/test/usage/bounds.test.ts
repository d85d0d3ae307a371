import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moveDocument } from '../../src/documents/documents.ts'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import { purgeDocument } from '../../src/documents/purge.ts'
import { safeFileName } from '../../src/files/file-name.ts'
import { newId } from '../../src/records/id.ts'
import { recountUsage } from '../../src/sweep/usage.ts'
import { type Archive, addPdf, ended, greyPdf, openArchive, startOver } from '../runs/support.ts'
import { addCollection } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer({ walked: 'at the end' })
  ana = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())
const mutate = (path: string, input: unknown, { token } = ana) => callRpc(server.app, { path, type: 'mutation', input, token })

describe('what a user may have', () => {
  it('is 2,000 collections, those in the trash included; a repeated request still finds its own', async () => {
    const eva = await addUser(server.services)
    const first = await mutate('collections.create', { title: 'One', idempotencyKey: 'the-first' }, eva)
    for (let made = 1; made < 2000; made++)
      await addCollection(server.services, { user_id: eva.id, deleted_at: made % 2 ? new Date() : null })
    expect(await mutate('collections.create', { title: 'More' }, eva)).toMatchObject({ outcome: 'QUOTA_EXCEEDED' })
    expect((await mutate('collections.create', { title: 'One', idempotencyKey: 'the-first' }, eva)).data).toEqual(first.data)
    // Those of others are not counted.
    expect((await mutate('collections.create', { title: 'Mine' })).outcome).toBe('ok')
  })

  it('is 1,000 pipelines, and 64 MiB of all their versions', async () => {
    const definition = { version: 1, steps: [{ use: 'image.grayscale' }] }
    const { id, revision } = (await mutate('pipelines.save', { name: 'Mine', definition })).data as { id: string; revision: number }
    const row = (await server.services.tables.pipelines.get(id))!
    expect(row.bytes).toBeGreaterThan(512)
    for (let made = 1; made < 1000; made++) await server.services.tables.pipelines.insert({ ...row, _id: newId() })
    expect((await mutate('pipelines.save', { name: 'More', definition })).outcome).toBe('QUOTA_EXCEEDED')
    const changed = { ...definition, steps: [{ use: 'image.blur' }] }
    const saved = await mutate('pipelines.save', { id, revision, name: 'Mine', definition: changed })
    expect(saved).toMatchObject({ outcome: 'ok', data: { version: 2 } })
    const present = (await server.services.tables.pipelines.get(id))!
    expect(present.bytes).toBeGreaterThan(row.bytes!)
    await server.services.tables.pipelines.replaceIf({ ...present, bytes: 64 * 2 ** 20 })
    const again = { id, revision: present.revision + 1, name: 'Mine', definition }
    expect((await mutate('pipelines.save', again)).outcome).toBe('QUOTA_EXCEEDED')
    // A new name alone takes no room.
    expect((await mutate('pipelines.save', { ...again, definition: changed, name: 'Renamed' })).outcome).toBe('ok')
  })
})

describe('a title', () => {
  it.each([
    ['blanks', '   '],
    ['zero-width spaces', '\u200b\u200b'],
    ['joiners and a variation selector', '\u200d\ufe0f\u200c'],
    ['soft hyphens and a word joiner', '\u00ad\u2060'],
    ['Hangul fillers', '\u3164\uffa0\u115f\u1160'],
    ['empty Braille cells', '\u2800\u2800'],
    ['tags', '\u{e0041}\u{e007f}'],
    ['combining marks alone', '\u0301\u0302'],
    ['half of a character', 'a\ud800'],
    ['a line separator', 'a\u2028b'],
    ['201 letters', 'x'.repeat(201)],
  ])('of %s is refused', async (_, title) => {
    expect(await mutate('collections.create', { title })).toMatchObject({ outcome: 'INVALID_REQUEST' })
    const definition = { version: 1, steps: [{ use: 'image.grayscale' }] }
    expect(await mutate('pipelines.save', { name: title, definition })).toMatchObject({ outcome: 'INVALID_REQUEST' })
  })

  it.each(['Ó', '§ 12', '…', '書', 'نامه‌ها', '👩‍👩‍👧', '12', 'é'.normalize('NFD')])('of %s is kept', async (title) => {
    expect((await mutate('collections.create', { title })).data).toMatchObject({ title })
  })

  it('that comes from the name of a file is never invisible', () => {
    expect(['\u3164.\u3164', '\u2800', '\u200d'].map(safeFileName)).toEqual(['\u3164.\u3164', 'document', 'document'])
  })

  it('and a description are bounded', async () => {
    expect((await mutate('collections.create', { title: 'x', description: 'd'.repeat(10_001) })).outcome).toBe('INVALID_REQUEST')
    expect((await mutate('collections.create', { title: 'x', description: `d\udfff` })).outcome).toBe('INVALID_REQUEST')
    expect((await mutate('collections.create', { title: 'x', description: '\u{1f4dc}\n'.repeat(3000) })).outcome).toBe('ok')
  })
})

describe('a quota', () => {
  let archive: Archive
  beforeAll(async () => {
    archive = await openArchive({ pages: 1 })
  })
  afterAll(() => archive[Symbol.asyncDispose]())
  const used = (id: string) => archive.services.usage.read(id)

  it('counts what runs make, to the owner of the collection, and gives it back with the document', async () => {
    const { services, ana, collection } = archive
    const document = await addPdf(services, collection, { pages: 1, seed: 950 })
    const before = await used(ana.userId)
    const run = await ended(services, await startOver(archive, greyPdf, document))
    const version = (await services.tables.versions.get(run._id))!
    const blobs = new Set([...version.outputs, ...version.layouts].map(({ descriptor }) => descriptor.digest)).add(version.receipt!)
    const sizes = await Promise.all([...blobs].map(async (digest) => (await services.blobs.stat(digest))?.size ?? 0))
    const made = sizes.reduce((sum, size) => sum + size, 0)
    expect(version.bytes).toBe(made)
    expect(await used(ana.userId)).toEqual({ ...before, bytes: before.bytes + made })
    // Counted anew it is the same.
    const row = (await services.tables.usage.get(ana.userId))!
    await services.tables.usage.replaceIf({ ...row, counted_at: new Date(0), bytes: 1 })
    await recountUsage(services, new AbortController().signal)
    expect(await used(ana.userId)).toEqual({ ...before, bytes: before.bytes + made })
    await purgeDocument(services, (await services.tables.documents.get(document._id))!, collection)
    await repairNewest(services, collection._id)
    expect(await used(ana.userId)).toEqual({ bytes: before.bytes - document.original.size, documents: before.documents - 1 })
  })

  it('that is used up ends a run with its code, which leaves nothing behind', async () => {
    const { services, ana, collection } = archive
    const document = await addPdf(services, collection, { pages: 1, seed: 951 })
    const user = (await services.tables.users.get(ana.userId))!
    const { bytes } = await used(ana.userId)
    const poor = (await services.tables.users.replaceIf({ ...user, quota: { ...user.quota, bytes: bytes + 10 } }))!
    const run = await ended(services, await startOver(archive, greyPdf, document))
    expect(run).toMatchObject({ state: 'failed', result_version: null, error: { code: 'QUOTA_EXCEEDED' } })
    expect(await services.tables.versions.count('by_document', [document._id])).toBe(0)
    expect((await used(ana.userId)).bytes).toBe(bytes)
    await services.tables.users.replaceIf({ ...poor, quota: user.quota })
  })

  it('that has room for a gathered document, and not for its version, makes neither', async () => {
    const { services, service, ana } = archive
    const { _id: collection_id } = await addCollection(services, { user_id: ana.userId })
    const collection = (await services.tables.collections.get(collection_id))!
    await addPdf(services, collection, { pages: 1, seed: 953 })
    const before = await used(ana.userId)
    const pipeline = { definition: { ...greyPdf, outputs: { 'pages.pdf': 'pdf' } } }
    const gather = async () => {
      const started = await service.start(ana, { target: { collection_id, gather: true }, pipeline, inputs: {} })
      if (started.type !== 'run') throw new Error('No run.')
      return ended(services, started.run)
    }
    const made = await gather()
    const document = (await services.tables.documents.get(made._id))!
    expect((await used(ana.userId)).bytes - before.bytes).toBe(document.original.size + document.version_bytes!)
    await purgeDocument(services, document, collection)
    await repairNewest(services, collection_id)
    const user = (await services.tables.users.get(ana.userId))!
    const quota = { ...user.quota, bytes: before.bytes + document.original.size + 10 }
    const poor = (await services.tables.users.replaceIf({ ...user, quota }))!
    expect(await gather()).toMatchObject({ state: 'failed', document_id: null, error: { code: 'QUOTA_EXCEEDED' } })
    expect(await services.tables.documents.count('by_collection', [collection_id])).toBe(1)
    expect(await used(ana.userId)).toEqual(before)
    await services.tables.users.replaceIf({ ...poor, quota: user.quota })
  })

  it('of another owner gets what a moved document holds, with all its versions', async () => {
    const { services, ana, collection } = archive
    const owner = await addUser(services)
    const document = await addPdf(services, collection, { pages: 1, seed: 952 })
    await ended(services, await startOver(archive, greyPdf, document))
    const to = await addCollection(services, { user_id: owner.id, members: [{ user_id: ana.userId, role: 'editor' }] })
    const before = await used(ana.userId)
    const present = (await services.tables.documents.get(document._id))!
    const held = present.original.size + present.version_bytes!
    await moveDocument(services, ana, { id: document._id, revision: present.revision, collection_id: to._id })
    expect([await used(ana.userId), await used(owner.id)]).toEqual([
      { bytes: before.bytes - held, documents: before.documents - 1 },
      { bytes: held, documents: 1 },
    ])
  })
})
