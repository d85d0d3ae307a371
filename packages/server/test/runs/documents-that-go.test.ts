import type { PipelineDefinition } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purgeDocument } from '../../src/documents/purge.ts'
import { listsChanged } from '../../src/documents/written.ts'
import { newId } from '../../src/records/id.ts'
import { sweepRunPages } from '../../src/sweep/run-pages.ts'
import { addDocument, someBytes } from '../support/archive.ts'
import { type Archive, addCaller, addPdf, ended, greyPdf, openArchive, startOver } from './support.ts'

let archive: Archive
beforeAll(async () => {
  archive = await openArchive()
})
afterAll(() => archive[Symbol.asyncDispose]())

const never = new AbortController().signal
const long: PipelineDefinition = {
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { use: 'test.linger', with: { ms: 20_000 } },
  ],
}

describe('a document that goes while runs work on it', () => {
  it('takes them along when it is purged, with all that they held', async () => {
    const { services, collection } = archive
    const document = await addPdf(services, collection, { pages: 2, seed: 70 })
    const runs = [
      await startOver(archive, long, document),
      await startOver(archive, greyPdf, document),
      await startOver(archive, long, document),
    ]
    await expect.poll(async () => (await services.tables.runs.get(runs[0]!._id))?.state, { timeout: 20_000 }).toBe('running')
    expect(await purgeDocument(services, (await services.tables.documents.get(document._id))!, collection)).toBe(true)
    await listsChanged(services, [collection._id])
    for (const { _id } of runs) {
      expect(await services.tables.runs.get(_id)).toBeUndefined()
      await expect.poll(() => services.tables.runPages.count('by_run', [_id]), { timeout: 10_000 }).toBe(0)
      expect(await services.tables.versions.get(_id)).toBeUndefined()
    }
  })

  it('gets no run that a purge has not seen', async () => {
    const { services, collection } = archive
    const document = await addPdf(services, collection, { pages: 1, seed: 76 })
    const { runs } = services.tables
    const insert = runs.insert.bind(runs)
    let inserted = ''
    Object.assign(runs, {
      insert: async (row: Parameters<typeof insert>[0]) => {
        Object.assign(runs, { insert })
        await purgeDocument(services, (await services.tables.documents.get(document._id))!, collection)
        await listsChanged(services, [collection._id])
        inserted = row._id
        return insert(row)
      },
    })
    await expect(startOver(archive, greyPdf, document)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await runs.get(inserted)).toBeUndefined()
  })

  it('keeps what they make of it when it is only in the trash', async () => {
    const { services, collection } = archive
    const document = await addPdf(services, collection, { pages: 2, seed: 72 })
    const run = await startOver(
      archive,
      { ...greyPdf, steps: greyPdf.steps.map((step) => (step.use === 'document.pages' ? { ...step, with: { dpi: 300 } } : step)) },
      document,
    )
    await expect.poll(async () => (await services.tables.runs.get(run._id))?.state, { timeout: 20_000, interval: 1 }).not.toBe('queued')
    await services.tables.documents.replaceIf({ ...(await services.tables.documents.get(document._id))!, deleted_at: new Date() })
    const end = await ended(services, run)
    // Begun before, it has read the file; begun after, it is told that there is none.
    if (end.state === 'done') expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 1 })
    else expect(end).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' } })
    await services.tables.documents.replaceIf({ ...(await services.tables.documents.get(document._id))!, deleted_at: null })
    await listsChanged(services, [collection._id])
  })

  it('cannot have a run repeated while it is in the trash, nor by one who may not change it any more', async () => {
    const { services, service, ana, collection } = archive
    const bruno = await addCaller(services)
    const members = [{ user_id: bruno.userId, role: 'editor' as const }]
    const stored = (await services.tables.collections.get(collection._id))!
    const shared = await services.tables.collections.replaceIf({ ...stored, members, readers: [ana.userId, bruno.userId] })
    const document = await addPdf(services, collection, { pages: 1, seed: 74 })
    const started = await service.start(bruno, { target: { document_id: document._id }, pipeline: { definition: greyPdf }, inputs: {} })
    if (started.type !== 'run') throw new Error('No run.')
    const { _id: id } = await ended(services, started.run)
    const demoted = [{ user_id: bruno.userId, role: 'viewer' as const }]
    await services.tables.collections.replaceIf({ ...(await services.tables.collections.get(shared!._id))!, members: demoted })
    await expect(service.retry(bruno, { id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const row = (await services.tables.documents.get(document._id))!
    const trashed = await services.tables.documents.replaceIf({ ...row, deleted_at: new Date() })
    await expect(service.retry(ana, { id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await services.tables.documents.replaceIf({ ...trashed!, deleted_at: null })
    await listsChanged(services, [collection._id])
    expect(await ended(services, await service.retry(ana, { id }))).toMatchObject({ state: 'done' })
  })
})

it('what ended and removed runs still hold is swept, and what a run holds that goes on is not', async () => {
  await using still = await openArchive({ runs: false })
  const { services } = still
  const running = await startOver(still, greyPdf)
  await services.tables.runs.replaceIf({ ...running, state: 'running', attempt: 1, started_at: new Date() })
  const cancelled = await startOver(still, greyPdf)
  await still.service.cancel(still.ana, cancelled._id)
  const held = new Map<string, string>()
  for (const run_id of [running._id, cancelled._id, newId()]) {
    const { bytes, original } = someBytes()
    await services.blobs.put('objects', bytes, { mediaType: original.mediaType })
    held.set(run_id, original.digest)
    const done = { kind: 'data', meta: null, matrix: null, descriptor: original, properties: {} }
    await services.tables.runPages.insert({
      _id: newId(),
      revision: 0,
      created_at: new Date(),
      run_id,
      attempt: 1,
      page: 'input/0/0/0',
      segment: 'grey 1',
      outcome: { done, exact: true },
      blob: original.digest,
      steps: [],
      diagnostics: [],
    })
  }
  expect(await sweepRunPages(services, never)).toBe(2)
  const left = await Promise.all([...held.values()].map((digest) => services.blobs.stat(digest as 'sha256:')))
  expect(left.map((found) => found !== undefined)).toEqual([true, false, false])
  expect(await services.tables.runPages.count('by_run', [running._id])).toBe(1)
  await addDocument(services, { collection_id: still.collection._id })
})
