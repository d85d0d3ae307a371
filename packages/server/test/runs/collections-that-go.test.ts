import { expect, it } from 'vitest'
import { purgeDocument } from '../../src/documents/purge.ts'
import { listsChanged } from '../../src/documents/written.ts'
import { sweepTrash } from '../../src/sweep/trash.ts'
import { addUser, callRpc } from '../support/test-server.ts'
import { addPdf, ended, greyPdf, openArchive } from './support.ts'

it('a collection that is purged takes along its batches, and gathered runs that wait', async () => {
  await using archive = await openArchive({ runs: false, pages: 1 })
  const { services, service, ana, collection } = archive
  const { batches, collections, runs } = services.tables
  const over = async (gather: boolean) =>
    service.start(ana, { target: { collection_id: collection._id, gather }, pipeline: { definition: greyPdf }, inputs: {} })
  await over(false)
  await over(true)
  await expect.poll(() => batches.count('by_complete', [true])).toBe(1)
  await collections.replaceIf({ ...(await collections.get(collection._id))!, deleted_at: new Date(1) })
  await sweepTrash(services, new AbortController().signal)
  expect(await collections.get(collection._id)).toBeUndefined()
  expect(await batches.count('by_collection', [collection._id])).toBe(0)
  expect(await runs.count('by_collection', [collection._id])).toBe(0)
})

it('a batch that is done stays so when a document of it is purged', async () => {
  await using archive = await openArchive({ pages: 1 })
  const { services, service, ana, collection } = archive
  const other = await addPdf(services, collection, { pages: 1, seed: 320 })
  const started = await service.start(ana, { target: { collection_id: collection._id }, pipeline: { definition: greyPdf }, inputs: {} })
  if (started.type !== 'batch') throw new Error('No batch.')
  const id = started.batch._id
  await expect.poll(async () => (await service.batch(ana, id)).counts.done, { timeout: 20_000 }).toBe(2)
  for (const run of (await service.list(ana, { batch_id: id, limit: 10 })).rows) await ended(services, run)
  const { token } = await addUser(services, {})
  const session = (await services.tables.tokens.list({ index: 'by_expiry', limit: 1, order: 'descending' })).rows[0]!
  await services.tables.tokens.replaceIf({ ...session, user_id: ana.userId })
  const get = async () => (await callRpc(archive.server.app, { path: 'runs.batches.get', type: 'query', input: { id }, token })).data
  expect(await get()).toMatchObject({ state: 'done', runs: 2, counts: { done: 2 } })
  expect(await purgeDocument(services, (await services.tables.documents.get(other._id))!, collection)).toBe(true)
  await listsChanged(services, [collection._id])
  expect(await get()).toMatchObject({ state: 'done', runs: 2, counts: { done: 1 } })
})
