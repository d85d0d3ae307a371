import { ImageDocError } from '@imagedoc/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import type { Services } from '../../src/services.ts'
import { addCollection, addDocument, addRun, addUpload, someBytes } from './archive.ts'
import { problemsIn } from './assert-consistent.ts'
import { addUser, openTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let services: Services
let ids: Readonly<Record<'user' | 'collection' | 'document', string>>
beforeEach(async () => {
  server = await openTestServer({ inconsistent: 'what is wrong is what is looked for' })
  services = server.services
  const { id: user } = await addUser(services)
  const { _id: collection } = await addCollection(services, { user_id: user })
  const { _id: document } = await addDocument(services, { collection_id: collection })
  ids = { user, collection, document }
  await addUpload(services, user)
  expect(await problemsIn(services)).toEqual([])
})
afterEach(() => server[Symbol.asyncDispose]())

const common = () => ({ _id: newId(), revision: 0, created_at: new Date() })
const runOf = (row: Partial<Parameters<typeof addRun>[1]>) =>
  addRun(services, { user_id: ids.user, collection_id: ids.collection, document_id: ids.document, state: 'cancelled', error, ...row })
const error = new ImageDocError('CANCELLED', 'The run was cancelled.').toJSON()
const addVersion = async (row: object): Promise<void> => {
  const given = { document_id: ids.document, number: 1, run_id: null, receipt: null, outputs: [], layouts: [], ...row }
  await services.tables.versions.insert({ ...common(), ...given })
}
const changeDocument = async (change: object): Promise<void> => {
  await services.tables.documents.replaceIf({ ...(await services.tables.documents.get(ids.document))!, ...change })
}
const page = (run_id: string, blob: string | null = null) => ({
  ...common(),
  run_id,
  attempt: 1,
  page: 'input/0/0/0',
  segment: 'a',
  outcome: { error },
  blob: blob as never,
  steps: [],
  diagnostics: [],
})

const damages: Record<string, { do(): Promise<unknown>; says: RegExp }> = {
  'a blob that is gone': {
    do: async () => services.blobs.delete('objects', (await services.tables.documents.get(ids.document))!.original.digest),
    says: /^document \w+ names sha256:\w+, which is not there$/,
  },
  'a blob of another size': {
    do: async () => {
      const { original } = (await services.tables.documents.get(ids.document))!
      await changeDocument({ original: { ...original, size: original.size + 1 } })
    },
    says: /^document \w+ names sha256:\w+ of 25 bytes, which has 24$/,
  },
  'an output whose bytes only the cache has': {
    do: async () => {
      const { bytes, original } = someBytes()
      await services.blobs.put('cache', bytes, { mediaType: original.mediaType })
      await addVersion({ outputs: [{ name: 'text.txt', kind: 'text', descriptor: original }] })
    },
    says: /output text\.txt, names sha256:\w+, which only the cache has$/,
  },
  'a version of no document': {
    do: () => addVersion({ document_id: newId() }),
    says: /^version \w+ is of document \w+, which is not there$/,
  },
  'a version of a run that has failed': {
    do: async () => addVersion({ run_id: (await runOf({}))._id }),
    says: /^version \w+, number 1, was made by run \w+, which is cancelled/,
  },
  'a current version that is not there': { do: () => changeDocument({ current_version: 3 }), says: /^document \w+ shows version 3/ },
  'a document in no collection': {
    do: () => services.tables.collections.delete(ids.collection),
    says: /^document \w+ is in collection \w+, which is not there$/,
  },
  'a list of the newest that is not right': {
    do: () => changeDocument({ deleted_at: new Date() }),
    says: /^collection \w+ lists \w+; its newest are/,
  },
  'a run that is done without a version': {
    do: () => runOf({ state: 'done', error: null }),
    says: /^run \w+ is done with the version null$/,
  },
  'a run that has failed without an error': {
    do: () => runOf({ state: 'failed', error: null }),
    says: /^run \w+ is failed with the error null$/,
  },
  'a run that has ended at no time': { do: () => runOf({ ended_at: null }), says: /^run \w+ is cancelled and ended at no time$/ },
  'a run of no document': { do: () => runOf({ document_id: newId() }), says: /^run \w+ is of document \w+, which is not there$/ },
  'a run of no batch': { do: () => runOf({ batch_id: newId() }), says: /^run \w+ is of batch \w+, which is not there$/ },
  'pages of a run that has ended': {
    do: async () => services.tables.runPages.insert(page((await runOf({}))._id)),
    says: /^run \w+ holds 1 pages, and is cancelled$/,
  },
  'pages of no run': { do: () => services.tables.runPages.insert(page(newId())), says: /^run \w+ holds 1 pages, and is not there$/ },
  'a page whose blob is gone': {
    do: async () => {
      const { _id } = await runOf({ state: 'running', error: null, ended_at: null })
      await services.tables.runPages.insert(page(_id, someBytes().original.digest))
    },
    says: /^page \w+ of run \w+ names sha256:\w+, which is not there$/,
  },
  'a count that is too low': {
    do: async () => services.tables.usage.replaceIf({ ...(await services.tables.usage.get(ids.user))!, bytes: 1 }),
    says: /^user \w+ holds 1 documents of 24 bytes; counted are 1 of 1$/,
  },
  'a search mark of no document': {
    do: () => services.tables.searchedDocuments.insert({ ...common(), document_revision: 0, collection_id: null, version: null }),
    says: /^document \w+ is searched, and is not there$/,
  },
}

it.each(Object.keys(damages))('the walk over the store finds %s', async (name) => {
  const damage = damages[name]!
  await damage.do()
  expect(await problemsIn(services)).toContainEqual(expect.stringMatching(damage.says))
})

it('the walk over the store lets a count be too high after a crash, and only then', async () => {
  await services.tables.usage.replaceIf({ ...(await services.tables.usage.get(ids.user))!, documents: 9 })
  expect(await problemsIn(services, { crashed: true })).toEqual([])
  expect(await problemsIn(services)).toHaveLength(1)
})
