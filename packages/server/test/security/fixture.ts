import { ImageDocError } from '@imagedoc/core'
import type { Collection } from '../../src/records/collection.ts'
import type { Document, Version } from '../../src/records/document.ts'
import { newId } from '../../src/records/id.ts'
import type { SavedPipeline } from '../../src/records/pipeline.ts'
import type { Batch, Run } from '../../src/records/run.ts'
import type { Upload } from '../../src/records/upload.ts'
import type { Services } from '../../src/services.ts'
import { addCollection, addDocument, addRun, addUpload } from '../support/archive.ts'
import { addUser, type TestUser } from '../support/test-server.ts'

export const roles = ['anonymous', 'expired', 'deactivated', 'stranger', 'manager', 'viewer', 'editor', 'owner'] as const
export type Role = (typeof roles)[number]
type Person = Omit<TestUser, 'token'> & { readonly token: string | undefined }

/** A collection with a document and a version, and everybody who might call. Each has an own collection too. */
export interface Fixture {
  readonly services: Services
  readonly people: Readonly<Record<Role, Person>>
  readonly collection: Collection
  /** Also with the editor as editor: where something may be moved to. */
  readonly other: Collection
  readonly document: Document
  readonly trashed: Document
  readonly version: Version
  readonly pipeline: SavedPipeline
  /** Of the document; it has ended. The owner started it. */
  readonly run: Run
  /** Of the collection, by its owner. */
  readonly batch: Batch
  /** A complete upload of hers. */
  upload(role: Role): Promise<Upload>
}

export const definition = { version: 1, steps: [{ use: 'image.grayscale' }] }

export async function openFixture(services: Services): Promise<Fixture> {
  const people = await openPeople(services)
  const { owner, editor, viewer } = people
  const members = [
    { user_id: editor.id, role: 'editor' as const },
    { user_id: viewer.id, role: 'viewer' as const },
  ]
  const collection = await addCollection(services, { user_id: owner.id, members })
  const other = await addCollection(services, { user_id: owner.id, members })
  const document = await addDocument(services, { collection_id: collection._id })
  const trashed = await addDocument(services, { collection_id: collection._id, deleted_at: new Date() })
  const version = await addVersion(services, document)
  const pipeline = await addPipeline(services, { user_id: owner.id, collection_id: collection._id })
  return {
    services,
    people,
    // As it is stored now: it lists its documents.
    collection: (await services.tables.collections.get(collection._id)) ?? collection,
    other,
    document,
    trashed,
    version,
    pipeline,
    run: await addRun(services, {
      user_id: owner.id,
      collection_id: collection._id,
      document_id: document._id,
      state: 'cancelled',
      error: new ImageDocError('CANCELLED', 'The run was cancelled.').toJSON(),
    }),
    batch: await addBatch(services, collection),
    upload: (role) => addUpload(services, people[role].id),
  }
}

async function openPeople(services: Services): Promise<Record<Role, Person>> {
  const anonymous = { ...(await addUser(services)), token: undefined }
  return {
    anonymous,
    expired: await addUser(services, { tokenEndsAt: new Date(Date.now() - 1000) }),
    deactivated: await addUser(services, { active: false }),
    stranger: await addUser(services),
    manager: await addUser(services, { role: 'manager' }),
    viewer: await addUser(services),
    editor: await addUser(services),
    owner: await addUser(services),
  }
}

async function addBatch({ tables }: Services, { _id: collection_id, user_id }: Collection): Promise<Batch> {
  const row: Batch = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    user_id,
    collection_id,
    pipeline: { version: 1, steps: [{ use: 'image.grayscale' }] },
    saved_pipeline: null,
    webhook_url: null,
    idempotency_key: '',
    runs: 0,
    cursor: null,
    complete: true,
    cancel_requested: false,
  }
  await tables.batches.insert(row)
  return row
}

async function addVersion({ blobs, tables }: Services, { _id, original }: Document): Promise<Version> {
  const receipt = await blobs.put('objects', new TextEncoder().encode('{}'), { mediaType: 'application/json' })
  const row: Version = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    document_id: _id,
    number: 1,
    run_id: null,
    receipt: receipt.digest,
    outputs: [{ name: 'text.txt', kind: 'text', descriptor: original }],
    layouts: [],
  }
  await tables.versions.insert(row)
  return row
}

async function addPipeline({ tables }: Services, row: Pick<SavedPipeline, 'user_id' | 'collection_id'>): Promise<SavedPipeline> {
  const common = { revision: 0, created_at: new Date() }
  const pipeline: SavedPipeline = { _id: newId(), ...common, name: 'grey', version: 1, ...row }
  await tables.pipelines.insert(pipeline)
  await tables.pipelineVersions.insert({
    _id: newId(),
    ...common,
    pipeline_id: pipeline._id,
    number: 1,
    user_id: row.user_id,
    definition: definition as never,
  })
  return pipeline
}
