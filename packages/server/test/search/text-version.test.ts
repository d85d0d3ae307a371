import type { MetadataStore, PipelineDefinition } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import type { Document } from '../../src/records/document.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { type Archive, addPdf, ended, greyPdf, openArchive, startOver } from '../runs/support.ts'
import { addDocument } from '../support/archive.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'
import { callRpc } from '../support/test-server.ts'
import { openSearch } from './open-search.ts'
import { firstLayoutOf, layoutOf, publish } from './support.ts'

/** Reads nothing, and makes a grey page. */
const grey = (sigma: number): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'grey', use: 'image.blur', with: { sigma } },
  ],
  outputs: { 'page.png': 'grey' },
})
/** Has a layout of each page, without a word in it. */
const glance: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'seen', use: 'test.glance' },
    { id: 'size', use: 'test.size' },
  ],
  outputs: { 'size.txt': 'size' },
}
const reading = (...words: string[]): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { id: 'words', use: 'test.read', with: { words } },
    { id: 'size', use: 'test.size' },
  ],
  outputs: { 'size.txt': 'size' },
})

let archive: Archive
beforeAll(async () => {
  archive = await openArchive({ pages: 1 })
})
afterAll(() => archive[Symbol.asyncDispose]())

const hitsOf = async (text: string, { _id }: Document) => {
  const { hits } = await archive.services.search.search(archive.ana, { text, limit: 100 })
  return hits.filter(({ document }) => document._id === _id).map(({ page, version }) => `page ${page} of version ${version}`)
}
const run = async (pipeline: PipelineDefinition, document: Document) =>
  ended(archive.services, await startOver(archive, pipeline, document))
const stored = async ({ _id }: Document) => (await archive.services.tables.documents.get(_id))!
const fresh = (seed: number) => addPdf(archive.services, archive.collection, { pages: 1, seed })

describe('the text of a document', () => {
  it.each([
    ['that reads nothing', grey(2)],
    ['that finds no word', glance],
  ])('stays when a run %s makes a new version, and search says whose it is', async (_, pipeline) => {
    const document = await fresh(900)
    await run(greyPdf, document)
    expect(await hitsOf('lisboa', document)).toEqual(['page 1 of version 1'])
    expect(await run(pipeline, document)).toMatchObject({ state: 'done', result_version: 2, result_is_new: true })
    expect(await stored(document)).toMatchObject({ current_version: 2, text: { shown: 2, version: 1 } })
    expect(await hitsOf('lisboa', document)).toEqual(['page 1 of version 1'])
    // Read anew: the newest text is the one that counts.
    await run(reading('Porto'), document)
    expect([await hitsOf('lisboa', document), await hitsOf('porto', document)]).toEqual([[], ['page 1 of version 3']])
  })

  it('follows who goes back to an older version, and to the original, which has none', async () => {
    const { services, ana } = archive
    const document = await fresh(901)
    for (const pipeline of [grey(1), reading('Porto'), grey(3), reading('Braga')]) await run(pipeline, document)
    const { restoreVersion } = await import('../../src/documents/documents.ts')
    const found = async (number: number): Promise<string[]> => {
      await restoreVersion(services, ana, { id: document._id, number, revision: (await stored(document)).revision })
      return [...(await hitsOf('porto', document)), ...(await hitsOf('braga', document))]
    }
    expect(await found(3)).toEqual(['page 1 of version 2'])
    expect(await found(2)).toEqual(['page 1 of version 2'])
    expect(await found(1)).toEqual([])
    expect(await found(0)).toEqual([])
    expect(await found(4)).toEqual(['page 1 of version 4'])
    // A run after going back: of all that was there before, the newest text.
    await found(1)
    await run(grey(4), document)
    expect(await hitsOf('braga', document)).toEqual(['page 1 of version 4'])
  })
})

describe('a page that several steps give a layout of', () => {
  const corrected = (params: { text: string; refuse?: boolean }): PipelineDefinition => ({
    version: 1,
    steps: [
      { use: 'document.pages', with: { dpi: 60 } },
      { id: 'read', use: 'test.read', with: { words: ['Lisbon'] } },
      { id: 'corrected', use: 'test.correct', with: params, onError: 'skip' },
      { id: 'size', use: 'test.size', from: 'read' },
    ],
    outputs: { 'size.txt': 'size', 'corrected.json': 'corrected' },
  })
  const layoutsOf = async ({ _id }: Document, number: number) =>
    (await archive.services.tables.versions.list({ index: 'by_document', equals: [_id, number], limit: 1 })).rows[0]?.layouts

  it('is searched by what the last of them gave, in one box where that has no words, and holds that one alone', async () => {
    const document = await fresh(910)
    expect(await run(corrected({ text: 'Lisboa antiga' }), document)).toMatchObject({ state: 'done', result_version: 1 })
    expect([await hitsOf('lisbon', document), await hitsOf('antiga', document)]).toEqual([[], ['page 1 of version 1']])
    expect(await layoutsOf(document, 1)).toHaveLength(1)
    const { hits } = await archive.services.search.search(archive.ana, { text: 'antiga', limit: 1 })
    expect(hits[0]?.words).toMatchObject([{ text: 'Lisboa antiga', box: expect.anything() }])
  })

  it('is searched by what the one before gave, where the last left it out', async () => {
    const document = await fresh(911)
    await run(corrected({ text: 'Porto', refuse: true }), document)
    expect([await hitsOf('lisbon', document), await hitsOf('porto', document)]).toEqual([['page 1 of version 1'], []])
  })
})

describe('a run that makes what is there already', () => {
  it('refers to the version that is shown, and holds nothing more', async () => {
    const { services } = archive
    const document = await fresh(902)
    const first = await run(greyPdf, document)
    const before = { usage: await services.usage.read(archive.ana.userId), document: await stored(document) }
    // In another order, by another pipeline, and without reading.
    const { 'page.png': page, 'pages.pdf': pdf } = greyPdf.outputs as Record<string, string>
    for (const outputs of [{ 'pages.pdf': pdf!, 'page.png': page! }, greyPdf.outputs!])
      expect(await run({ ...greyPdf, name: 'other', outputs }, document)).toMatchObject({ result_version: 1, result_is_new: false })
    expect(first).toMatchObject({ result_version: 1, result_is_new: true })
    expect(await services.tables.versions.count('by_document', [document._id])).toBe(1)
    expect({ usage: await services.usage.read(archive.ana.userId), document: await stored(document) }).toEqual(before)
  })

  it('makes a version of its own where another one is shown, or where it read what that one did not', async () => {
    const document = await fresh(903)
    await run(grey(1), document)
    await run(grey(2), document)
    expect(await run(grey(1), document)).toMatchObject({ result_version: 3, result_is_new: true })
    // The same file, made of other words.
    expect(await run(reading('Porto'), document)).toMatchObject({ result_version: 4, result_is_new: true })
    expect(await run(reading('Braga'), document)).toMatchObject({ result_version: 5, result_is_new: true })
    expect(await run(reading('Braga'), document)).toMatchObject({ result_version: 5, result_is_new: false })
    expect(await hitsOf('braga', document)).toEqual(['page 1 of version 5'])
  })

  it('of several at once makes one version', async () => {
    const { services } = archive
    const document = await fresh(904)
    const runs = await Promise.all(Array.from({ length: 5 }, () => startOver(archive, greyPdf, document)))
    const ends = await Promise.all(runs.map((one) => ended(services, one)))
    expect(ends.map(({ state, result_version }) => `${state} ${result_version}`)).toEqual(Array.from({ length: 5 }, () => 'done 1'))
    expect(ends.filter(({ result_is_new }) => result_is_new)).toHaveLength(1)
    expect(await services.tables.versions.count('by_document', [document._id])).toBe(1)
  })
})

/** Rows as servers wrote them that knew nothing of texts and sizes. */
async function describesOldRows(store?: MetadataStore): Promise<void> {
  await using open = await openSearch(store ? { drivers: { store } } : {})
  const { services, ana } = open
  const old = await addDocument(services, { collection_id: open.letters._id, pages: 1, title: 'Old' })
  await publish(services, old, [{ layout: firstLayoutOf('the words') }])
  await publish(services, old, [])
  const empty = await publish(services, old, [{ layout: layoutOf() }])
  const rest = await addDocument(services, { collection_id: open.letters._id, title: 'Rest' })
  // Before the sweep: whatever has a layout counts as text.
  await services.search.documentChanged(old._id)
  expect(await open.search('words')).toEqual([])
  expect(await sweep(services, new AbortController().signal)).toMatchObject({ versions: 1 })
  expect(await open.search('words')).toMatchObject([{ page: 1, version: 1, words: [{ text: 'words', box: [4, 0, 9, 10] }] }])
  expect(await services.tables.versions.get(empty._id)).toMatchObject({ has_text: false })
  const bytes = (await services.tables.versions.list({ index: 'by_document', equals: [old._id], limit: 9 })).rows.reduce(
    (sum, version) => sum + version.layouts.reduce((of, { descriptor }) => of + descriptor.size, 0),
    0,
  )
  expect(await services.tables.documents.get(old._id)).toMatchObject({ version_bytes: bytes, text: { shown: 3, version: 1 } })
  expect(await services.tables.documents.get(rest._id)).toEqual(rest)
  expect(await services.usage.read(ana.id)).toEqual({ bytes: old.original.size + rest.original.size + bytes, documents: 2 })
  const listed = await callRpc(open.app, {
    path: 'documents.list',
    type: 'query',
    input: { collection_id: open.letters._id },
    token: ana.token,
  })
  expect((listed.data as { items: object[] }).items).toMatchObject([
    { title: 'Rest', text_version: null },
    { title: 'Old', text_version: 1 },
  ])
  const versions = await callRpc(open.app, { path: 'documents.versions.list', type: 'query', input: { id: old._id }, token: ana.token })
  expect((versions.data as { items: { has_text: boolean }[] }).items.map(({ has_text }) => has_text)).toEqual([false, false, true])
  expect(await sweep(services, new AbortController().signal)).toMatchObject({ versions: 0, search: 0 })
}

describe('rows of an older server', () => {
  it('are told what they do not say, once', () => describesOldRows())

  const server = mongodbUrl()
  describe.skipIf(!server)(noMongodb ?? 'in MongoDB', () => {
    const fresh = freshDatabases(server ?? nowhere)
    it('are told what they do not say, once', async () => {
      await using store = createMongodbMetadataStore({ url: fresh().url })
      await describesOldRows(store)
    }, 60_000)
  })
})
