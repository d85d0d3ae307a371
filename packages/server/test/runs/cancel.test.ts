import type { PipelineDefinition } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addUser, callRpc } from '../support/test-server.ts'
import { type Archive, addPdf, ended, openArchive, startOver } from './support.ts'

let archive: Archive
beforeAll(async () => {
  archive = await openArchive({ pages: 3 })
})
afterAll(() => archive[Symbol.asyncDispose]())

/** A page of it takes ten seconds. */
const long = (mark: number): PipelineDefinition => ({
  version: 1,
  steps: [
    { use: 'document.pages', with: { dpi: 60 } },
    { use: 'test.linger', with: { ms: 10_000, mark } },
  ],
})
const SECOND = 1000

describe('a cancel', () => {
  it('ends a run that waits at once', async () => {
    const { services, service, ana } = archive
    // Two of hers are done at a time.
    const runs = [await startOver(archive, long(400)), await startOver(archive, long(401)), await startOver(archive, long(402))]
    const waits = runs[2]!
    expect(await service.cancel(ana, waits._id)).toMatchObject({ state: 'cancelled', attempt: 0, error: { code: 'CANCELLED' } })
    for (const run of runs) await service.cancel(ana, run._id)
    for (const run of runs) expect(await ended(services, run)).toMatchObject({ state: 'cancelled', result_version: null })
  })

  it('ends a run that is being done within a second, and no version comes of it', async () => {
    const { services, service, ana } = archive
    const run = await startOver(archive, long(410))
    await expect.poll(async () => (await services.tables.runs.get(run._id))?.state, { timeout: 20_000 }).toBe('running')
    const at = performance.now()
    await service.cancel(ana, run._id)
    expect(await ended(services, run)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } })
    expect(performance.now() - at).toBeLessThan(SECOND)
    expect(await services.tables.versions.get(run._id)).toBeUndefined()
    // Once it has ended it stays as it is.
    expect(await service.cancel(ana, run._id)).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  it('of a batch ends every run of it, and no more are made', async () => {
    const { services, service, ana, collection } = archive
    for (let seed = 50; seed < 54; seed++) await addPdf(services, collection, { pages: 1, seed })
    const definition = long(420)
    const started = await service.start(ana, { target: { collection_id: collection._id }, pipeline: { definition }, inputs: {} })
    if (started.type !== 'batch') throw new Error('No batch.')
    const { _id } = started.batch
    await service.cancelBatch(ana, _id)
    const over = async (): Promise<boolean> => {
      const { counts } = await service.batch(ana, _id)
      return counts.queued + counts.running === 0
    }
    await expect.poll(over, { timeout: 10_000 }).toBe(true)
    const { batch, counts } = await service.batch(ana, _id)
    expect(batch).toMatchObject({ complete: true, cancel_requested: true })
    expect(counts.cancelled).toBe(batch.runs)
  })
})

it('a user who has too many runs waiting is told over HTTP when to come again', async () => {
  await using few = await openArchive({ runs: false, settings: { maxQueuedRuns: 3 } })
  const { services, server, ana, document } = few
  for (let i = 0; i < 3; i++) await startOver(few, long(60))
  const { token, id } = await addUser(services)
  // Her session; the runs that wait are hers.
  const session = (await services.tables.tokens.list({ index: 'by_user', equals: [id], limit: 1 })).rows[0]!
  await services.tables.tokens.replaceIf({ ...session, user_id: ana.userId })
  const input = { target: { document_id: document._id }, pipeline: { definition: long(61) } }
  const refused = await callRpc(server.app, { path: 'runs.start', type: 'mutation', input, token })
  expect(refused).toMatchObject({ status: 429, outcome: 'RATE_LIMITED' })
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  // A repeated one waits as well.
  const { rows } = await services.tables.runs.list({ index: 'by_user', equals: [ana.userId], limit: 1 })
  await few.service.cancel(ana, rows[0]!._id)
  await startOver(few, long(62))
  await expect(few.service.retry(ana, { id: rows[0]!._id })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})
