import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Run } from '../../src/records/run.ts'
import { claimRun } from '../../src/runs/claim.ts'
import { publishVersion } from '../../src/runs/publish.ts'
import { type Archive, ended, greyPdf, openArchive, startOver } from './support.ts'

let archive: Archive
beforeEach(async () => {
  archive = await openArchive({ pages: 1, runs: false })
})
afterEach(() => archive[Symbol.asyncDispose]())

const made = { outputs: [], layouts: [], receipt: null }

/** What a process has in hand that then stands still. */
async function claimed(): Promise<Run & { document_id: string }> {
  const { services, document } = archive
  const claim = await claimRun(services, (await startOver(archive, greyPdf))._id)
  await claim!.lease[Symbol.asyncDispose]()
  return { ...claim!.run, document_id: document._id }
}

describe('a process that stood still in the middle of publishing', () => {
  it('publishes nothing when another one ended the run meanwhile', async () => {
    const { services, service, ana, document } = archive
    const stale = await claimed()
    await service.cancel(ana, stale._id)
    const runner = await services.runner.start()
    expect(await ended(services, stale)).toMatchObject({ state: 'cancelled', attempt: 2 })
    await runner[Symbol.asyncDispose]()
    await expect(publishVersion(services, stale, made)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await services.tables.versions.get(stale._id)).toBeUndefined()
    expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 0 })
  })

  it('leaves it to the other one to show what both made', async () => {
    const { services, document } = archive
    const stale = await claimed()
    const current = await claimRun(services, stale._id)
    await expect(publishVersion(services, stale, made)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 0 })
    const theirs = await publishVersion(services, { ...current!.run, document_id: document._id }, made)
    expect(theirs).toMatchObject({ _id: stale._id, number: 1 })
    expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 1 })
    await current!.lease[Symbol.asyncDispose]()
    await endAsDone(stale)
  })
})

/** Ends it as it would have ended. */
async function endAsDone({ _id }: Run): Promise<void> {
  const { runs } = archive.services.tables
  await runs.replaceIf({ ...(await runs.get(_id))!, state: 'done', result_version: 1, ended_at: new Date() })
}

it('a run whose version is there is done, whatever went wrong in telling of it', async () => {
  const { services, document } = archive
  const { search } = services
  const documentChanged = search.documentChanged.bind(search)
  let refused = 0
  Object.assign(search, {
    documentChanged: (id: string) => (refused++ === 0 ? Promise.reject(new Error('The test refused.')) : documentChanged(id)),
  })
  const run = await startOver(archive, greyPdf)
  await using _runner = await services.runner.start()
  expect(await ended(services, run)).toMatchObject({ state: 'done', result_version: 1 })
  expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 1 })
  expect(refused).toBe(2)
})
