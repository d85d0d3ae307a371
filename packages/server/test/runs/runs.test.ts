import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { versionReceipt } from '../../src/documents/version-receipt.ts'
import { type Archive, addPdf, ended, greyPdf, openArchive, startOver } from './support.ts'

let archive: Archive

beforeAll(async () => {
  archive = await openArchive()
})
afterAll(() => archive[Symbol.asyncDispose]())

describe('a run over a document', () => {
  it('becomes its next version, with outputs, receipt and every step', async () => {
    const { services, document } = archive
    const run = await startOver(archive, greyPdf)
    expect(run).toMatchObject({ state: 'queued', attempt: 0 })
    const done = await ended(services, run)
    expect(done).toMatchObject({ state: 'done', attempt: 1, error: null, result_version: 1, pages: { total: 3, done: 3, failed: 0 } })
    expect(done.steps.map(({ id, cache, pages }) => ({ id, cache, ...pages }))).toMatchObject([
      { id: 'document.pages', cache: 'miss', miss: 3 },
      { id: 'grey', cache: 'miss', miss: 3 },
      { id: 'words', cache: 'miss', miss: 3 },
      { id: 'pdf', cache: 'miss', miss: 1 },
    ])
    const version = await services.tables.versions.get(run._id)
    expect(version?.outputs.map(({ name, page }) => `${name} ${page ?? ''}`)).toEqual([
      'page.png 1',
      'page.png 2',
      'page.png 3',
      'pages.pdf ',
    ])
    for (const { descriptor } of version?.outputs ?? [])
      expect((await services.blobs.stat(descriptor.digest))?.namespaces).toContain('objects')
    expect((await services.blobs.stat(version?.receipt ?? 'sha256:'))?.namespaces).toContain('objects')
    expect(version?.layouts.map(({ page, matrix }) => `${page} ${matrix?.length}`)).toEqual([
      `${document.original.digest.slice(7, 19)}/1 9`,
      `${document.original.digest.slice(7, 19)}/2 9`,
      `${document.original.digest.slice(7, 19)}/3 9`,
    ])
    expect((await services.tables.documents.get(document._id))?.current_version).toBe(1)
    const receipt = await versionReceipt(services, archive.ana, { id: document._id, number: 1 })
    expect(receipt).toMatchObject({ schemaVersion: 3, status: 'done', pipeline: { steps: greyPdf.steps } })
    expect(receipt.inputs.input?.map(({ digest }) => digest)).toEqual([document.original.digest])
    expect(receipt.outputs['pages.pdf']?.[0]?.digest).toBe(version?.outputs.find(({ name }) => name === 'pages.pdf')?.descriptor.digest)
    await expect(versionReceipt(services, archive.ana, { id: document._id, number: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('costs nothing the second time, says what that saved, lets go of all that it held, and makes no second version of the same', async () => {
    const { services } = archive
    const first = await ended(services, await startOver(archive, greyPdf))
    const again = await ended(services, await startOver(archive, greyPdf))
    expect(again).toMatchObject({ state: 'done', result_version: first.result_version, result_is_new: false })
    expect(again.steps.flatMap(({ pages }) => pages.miss)).toEqual([0, 0, 0, 0])
    expect(again.steps.reduce((sum, { saved_ms }) => sum + saved_ms, 0)).toBeGreaterThan(0)
    await expect.poll(() => services.tables.runPages.count('by_run', [again._id])).toBe(0)
  })

  it('fails with the code and place of what failed, and makes no version', async () => {
    const { services } = archive
    const crop = {
      version: 1 as const,
      steps: [{ use: 'document.pages' }, { use: 'image.crop', with: { left: 0, top: 0, width: 90_000, height: 5 } }],
    }
    const failed = await ended(services, await startOver(archive, crop))
    expect(failed).toMatchObject({
      state: 'failed',
      result_version: null,
      error: { code: 'INVALID_PARAMETER', path: expect.stringContaining('steps[1]') },
    })
    expect(await services.tables.versions.get(failed._id)).toBeUndefined()
  })

  it('reads an output of an earlier version', async () => {
    const { services, service, ana, document } = archive
    const first = await ended(services, await startOver(archive, greyPdf))
    const pipeline = { definition: { version: 1, steps: [{ use: 'document.pages', with: { dpi: 60 } }, { use: 'image.blur' }] } }
    const target = { document_id: document._id, version: first.result_version ?? 0, output: 'pages.pdf' }
    const started = await service.start(ana, { target, pipeline, inputs: {} })
    expect(started.type === 'run' && (await ended(services, started.run))).toMatchObject({ state: 'done', pages: { done: 3 } })
    await expect(service.start(ana, { target: { ...target, output: 'none.pdf' }, pipeline, inputs: {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      path: 'target.output',
    })
  })

  it('is the same one when the request is repeated with its key', async () => {
    const { service, ana, document } = archive
    const start = { target: { document_id: document._id }, pipeline: { definition: greyPdf }, inputs: {}, idempotencyKey: 'the-same-key' }
    const [one, other] = await Promise.all([service.start(ana, start), service.start(ana, start)])
    expect(one.type === 'run' && other.type === 'run' && one.run._id === other.run._id).toBe(true)
    const different = { ...start, pipeline: { definition: { version: 1, steps: [{ use: 'document.pages' }] } } }
    await expect(service.start(ana, different)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
    const another = { ...start, target: { ...start.target, version: 1, output: 'pages.pdf' } }
    await expect(service.start(ana, another)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
  })

  it('can be repeated once it has ended', async () => {
    const { services, service, ana } = archive
    const run = await startOver(archive, greyPdf)
    await ended(services, run)
    const again = await service.retry(ana, { id: run._id })
    expect(again).toMatchObject({ retry_of: run._id, state: 'queued' })
    expect(await ended(services, again)).toMatchObject({ state: 'done' })
  })
})

describe('a run over a collection', () => {
  it('is one run for each document, whose states make its own', async () => {
    const { services, service, ana, collection } = archive
    await addPdf(services, collection, { pages: 1, seed: 40 })
    const count = await services.tables.documents.count('by_collection', [collection._id, null])
    const started = await service.start(ana, { target: { collection_id: collection._id }, pipeline: { definition: greyPdf }, inputs: {} })
    if (started.type !== 'batch') throw new Error('No batch.')
    await expect.poll(async () => (await service.batch(ana, started.batch._id)).counts.done, { timeout: 20_000 }).toBe(count)
    expect((await service.batch(ana, started.batch._id)).batch).toMatchObject({ runs: count, complete: true })
    const { rows } = await service.list(ana, { batch_id: started.batch._id, limit: 10 })
    expect(rows.map(({ state, priority }) => `${state} ${priority}`)).toEqual(Array.from({ length: count }, () => 'done 1'))
  })

  it('makes one new document of all when it gathers', async () => {
    const { services, service, ana, collection } = archive
    const definition = { ...greyPdf, outputs: { 'pages.pdf': 'pdf' } }
    const target = { collection_id: collection._id, gather: true, title: 'All of it' }
    const pages = (
      await services.tables.documents.list({ index: 'by_collection', equals: [collection._id, null], limit: 100 })
    ).rows.reduce((sum, row) => sum + row.pages, 0)
    const started = await service.start(ana, { target, pipeline: { definition }, inputs: {} })
    if (started.type !== 'run') throw new Error('No run.')
    const done = await ended(services, started.run)
    expect(done).toMatchObject({ state: 'done', document_id: done._id, result_version: 1 })
    expect(await services.tables.documents.get(done._id)).toMatchObject({
      title: 'All of it',
      pages,
      current_version: 1,
      original: { mediaType: 'application/pdf' },
    })
  })
})
