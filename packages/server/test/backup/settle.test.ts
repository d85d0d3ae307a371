import { expect, it } from 'vitest'
import { settle } from '../../src/backup/settle.ts'
import { newId } from '../../src/records/id.ts'
import { PURGING } from '../../src/records/trash.ts'
import { addCollection, addDocument, addRun } from '../support/archive.ts'
import { addUser, openTestServer } from '../support/test-server.ts'

const nothing = { collections: 0, documents: 0, versions: 0, runs: 0, batches: 0, repeated: 0 }

it('rows that fit together are changed in nothing, and those that do not are made to fit, once', async () => {
  await using server = await openTestServer({ inconsistent: 'the test puts in what copying at different moments can give' })
  const { tables } = server.services
  const { id: user_id } = await addUser(server.services)
  const { _id: collection_id } = await addCollection(server.services, { user_id })
  const place = { user_id, collection_id }
  const fits = await addDocument(server.services, { collection_id })
  const fitting = await addRun(server.services, { ...place, document_id: fits._id, state: 'cancelled', error: {} as never })
  expect(await settle(tables)).toEqual(nothing)
  expect([await tables.documents.get(fits._id), await tables.runs.get(fitting._id)]).toEqual([fits, fitting])

  const going = await addCollection(server.services, { user_id, deleted_at: PURGING })
  const stray = await addDocument(server.services, { collection_id: going._id })
  const common = { revision: 0, created_at: new Date() }
  const version = { ...common, run_id: null, receipt: null, outputs: [], layouts: [], bytes: 7 }
  await tables.versions.insert({ ...version, _id: newId(), document_id: stray._id, number: 1 })
  await tables.batches.insert({
    ...common,
    ...{ _id: newId(), user_id, collection_id: going._id, pipeline: { version: 1, steps: [] }, saved_pipeline: null, webhook_url: null },
    ...{ idempotency_key: 'key', runs: 0, cursor: null, complete: true, cancel_requested: false },
  })
  await addRun(server.services, { user_id, collection_id: going._id, gather: true })
  const newest = { document_id: fits._id, result_version: 2, batch_id: newId() }
  const webhook = { url: 'https://hooks.example.org', state: 'delivered', attempts: 1, next_at: null } as const
  const unfinished = await addRun(server.services, { ...place, ...newest, webhook })
  await tables.versions.insert({ ...version, _id: newId(), document_id: fits._id, number: 1 })
  const said = { current_version: 2, version_bytes: 14, text: { shown: 2, version: 2 } }
  await tables.documents.replaceIf({ ...fits, ...said })

  expect(await settle(tables)).toEqual({ collections: 1, documents: 1, versions: 1, runs: 1, batches: 1, repeated: 1 })
  const mended = { current_version: 1, version_bytes: 7, text: { shown: 1, version: null } }
  expect(await tables.documents.get(fits._id)).toMatchObject(mended)
  const again = { state: 'queued', attempt: 0, result_version: null, ended_at: null, batch_id: null }
  expect(await tables.runs.get(unfinished._id)).toMatchObject({ ...again, webhook: { ...webhook, state: 'waiting', attempts: 0 } })
  expect(await settle(tables)).toEqual(nothing)
})

it('a version that a run has made and not shown yet is counted, since it was paid for', async () => {
  await using server = await openTestServer()
  const { tables, usage } = server.services
  const { id: user_id } = await addUser(server.services)
  const { _id: collection_id } = await addCollection(server.services, { user_id })
  const { _id: document_id } = await addDocument(server.services, { collection_id })
  const run = await addRun(server.services, { user_id, collection_id, document_id, state: 'running', ended_at: null })
  const made = { run_id: run._id, receipt: null, outputs: [], layouts: [], bytes: 7 }
  await tables.versions.insert({ _id: run._id, revision: 0, created_at: new Date(), document_id, number: 1, ...made })
  await usage.reserve(user_id, { bytes: 7, documents: 0 })
  expect(await settle(tables)).toEqual(nothing)
  expect(await tables.documents.get(document_id)).toMatchObject({ current_version: 0, version_bytes: 7 })
})
