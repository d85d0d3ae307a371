import { ImageDocError, type RunResult } from '@imagedoc/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeGathered } from '../../src/runs/gather.ts'
import { holdResult } from '../../src/runs/hold-result.ts'
import { addCollection, addRun } from '../support/archive.ts'
import { type Archive, ended, greyPdf, openArchive } from './support.ts'

let archive: Archive
beforeAll(async () => {
  archive = await openArchive({ pages: 1, runs: false })
})
afterAll(() => archive[Symbol.asyncDispose]())

const cancelled = { state: 'cancelled' as const, error: new ImageDocError('CANCELLED', 'The run was cancelled.').toJSON() }
const own = () => ({ user_id: archive.ana.userId, collection_id: archive.collection._id, document_id: archive.document._id })

it('a list of long runs comes in more and shorter pages, and is complete', async () => {
  const { services, service, ana } = archive
  const pipeline = { ...greyPdf, steps: [{ use: 'test.read', with: { words: ['x'.repeat(250_000)] } }] }
  const ids: string[] = []
  for (let i = 0; i < 30; i++) ids.push((await addRun(services, { ...own(), pipeline, ...cancelled, created_at: new Date(i) }))._id)
  const sizes: number[] = []
  const found: string[] = []
  let after: string | undefined
  do {
    const { rows, next } = await service.list(ana, { limit: 100, after })
    sizes.push(rows.length)
    found.push(...rows.map(({ _id }) => _id))
    after = next ?? undefined
  } while (after !== undefined)
  expect(sizes).toEqual([10, 10, 10])
  expect(found).toEqual(ids.toReversed())
})

it('a run that made more files than a version may have says so', async () => {
  const { services } = archive
  const run = await addRun(services, { ...own(), ...cancelled })
  const output = { kind: 'image', sequence: true, entries: () => Array.from({ length: 20_001 }) }
  const result = { outputs: { 'page.png': output }, kept: {} } as unknown as RunResult
  await expect(holdResult(services, run, result)).rejects.toMatchObject({ code: 'INVALID_PIPELINE', path: 'outputs' })
})

it('a gathered run makes no document in a collection whose purge ends just now', async () => {
  const { services, ana, document } = archive
  const { collections, documents } = services.tables
  const collection = await addCollection(services, { user_id: ana.userId })
  const run = await addRun(services, { user_id: ana.userId, collection_id: collection._id, gather: true, ...cancelled })
  const insert = documents.insert.bind(documents)
  Object.assign(documents, {
    insert: async (row: Parameters<typeof insert>[0]) => {
      Object.assign(documents, { insert })
      await collections.delete(collection._id)
      return insert(row)
    },
  })
  const outputs = [{ name: 'pages.pdf', kind: 'pdf', descriptor: document.original }]
  await expect(makeGathered(services, run, { outputs, layouts: [], receipt: null })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await documents.get(run._id)).toBeUndefined()
  await services.tables.runs.delete(run._id)
})

it("a gathered run whose document is more than the owner's quota has room for fails, and leaves nothing", async () => {
  await using full = await openArchive({ pages: 1 })
  const { services, service, ana, collection } = full
  const { users, documents } = services.tables
  const before = (await users.get(ana.userId))!
  await users.replaceIf({ ...before, quota: { ...before.quota, documents: 1 } })
  const target = { collection_id: collection._id, gather: true }
  const started = await service.start(ana, {
    target,
    pipeline: { definition: { ...greyPdf, outputs: { 'pages.pdf': 'pdf' } } },
    inputs: {},
  })
  if (started.type !== 'run') throw new Error('No run.')
  expect(await ended(services, started.run)).toMatchObject({ state: 'failed', document_id: null, error: { code: 'QUOTA_EXCEEDED' } })
  expect(await documents.count('by_collection', [collection._id])).toBe(1)
  await expect.poll(() => services.tables.runPages.count('by_run', [started.run._id])).toBe(0)
})
