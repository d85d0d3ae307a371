import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import type { MemberRole } from '../../src/records/collection.ts'
import { addCollection } from '../support/archive.ts'
import { type Archive, addCaller, addPdf, ended, greyPdf, openArchive, startOver } from './support.ts'

let archive: Archive
let bruno: Caller
beforeAll(async () => {
  archive = await openArchive({ pages: 1, runs: false })
})
afterAll(() => archive[Symbol.asyncDispose]())
beforeEach(async () => {
  bruno = await addCaller(archive.services)
  await share('editor')
})

/** What Bruno is in Ana's collection from now on. */
async function share(role: MemberRole | undefined): Promise<void> {
  const { collections } = archive.services.tables
  const members = role ? [{ user_id: bruno.userId, role }] : []
  const row = (await collections.get(archive.collection._id))!
  await collections.replaceIf({ ...row, members, readers: [archive.ana.userId, ...members.map(({ user_id }) => user_id)] })
}

async function deactivate(): Promise<void> {
  const { users } = archive.services.tables
  await users.replaceIf({ ...(await users.get(bruno.userId))!, active: false })
}

const asBruno = () => ({ ...archive, ana: bruno })

describe('a run whose user lost her rights', () => {
  it.each([
    ['before it began, because she is a viewer now', () => share('viewer')],
    ['before it began, because she is no member any more', () => share(undefined)],
    ['before it began, because she was deactivated', deactivate],
  ])('%s, fails and makes no version', async (_, lose) => {
    const { services, document } = archive
    const run = await startOver(asBruno(), greyPdf)
    await lose()
    await using _runner = await services.runner.start()
    expect(await ended(services, run)).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } })
    expect(await services.tables.versions.get(run._id)).toBeUndefined()
    expect(await services.tables.documents.get(document._id)).toMatchObject({ current_version: 0 })
  })

  it('while it worked publishes nothing', async () => {
    const { services } = archive
    const run = await startOver(asBruno(), {
      ...greyPdf,
      steps: [...greyPdf.steps, { use: 'test.linger', from: 'grey', with: { ms: 600 } }],
    })
    await using _runner = await services.runner.start()
    await expect.poll(async () => (await services.tables.runs.get(run._id))?.state, { timeout: 20_000, interval: 5 }).toBe('running')
    await share('viewer')
    expect(await ended(services, run)).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } })
    expect(await services.tables.versions.get(run._id)).toBeUndefined()
  })

  it('because the document was moved to where she may not write, makes no version of it there', async () => {
    const { services, collection } = archive
    const elsewhere = await addCollection(services, { user_id: archive.ana.userId })
    const { documents } = services.tables
    const run = await startOver(asBruno(), greyPdf)
    await documents.replaceIf({ ...(await documents.get(archive.document._id))!, collection_id: elsewhere._id })
    const runner = await services.runner.start()
    expect(await ended(services, run)).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } })
    await runner[Symbol.asyncDispose]()
    await documents.replaceIf({ ...(await documents.get(archive.document._id))!, collection_id: collection._id })
  })
})

it("nobody reads by a repeat of another's run what she may not see herself", async () => {
  const { services, service, ana, document } = archive
  const hers = await addCollection(services, { user_id: ana.userId })
  const secret = await addPdf(services, hers, { pages: 1, seed: 300 })
  const started = await service.start(ana, {
    target: { document_id: document._id },
    pipeline: { definition: { version: 1, inputs: { secret: { kind: 'pdf' } }, steps: [{ use: 'document.pages', from: 'secret' }] } },
    inputs: { secret: { document_id: secret._id } },
  })
  if (started.type !== 'run') throw new Error('No run.')
  const { _id: id } = await service.cancel(ana, started.run._id)
  await expect(service.retry(bruno, { id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  const again = await service.retry(ana, { id })
  await service.cancel(ana, again._id)
})

it('the list of a collection tells nothing of the runs of a document that was moved to where the reader may not see it', async () => {
  const { services, service, ana, collection } = archive
  const moved = await addPdf(services, collection, { pages: 1, seed: 301 })
  const run = await startOver(archive, greyPdf, moved)
  await service.cancel(ana, run._id)
  const query = { collection_id: collection._id, limit: 100 }
  const idsFor = async (caller: Caller): Promise<string[]> => (await service.list(caller, query)).rows.map(({ _id }) => _id)
  expect(await idsFor(bruno)).toContain(run._id)
  const hers = await addCollection(services, { user_id: ana.userId })
  const { documents } = services.tables
  await documents.replaceIf({ ...(await documents.get(moved._id))!, collection_id: hers._id })
  expect(await idsFor(bruno)).not.toContain(run._id)
  expect(await idsFor(ana)).toContain(run._id)
  await documents.replaceIf({ ...(await documents.get(moved._id))!, collection_id: collection._id })
})
