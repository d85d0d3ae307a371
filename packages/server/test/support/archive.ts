import { digestOf } from '@imagedoc/core'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import type { Collection } from '../../src/records/collection.ts'
import type { Document } from '../../src/records/document.ts'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import type { Upload } from '../../src/records/upload.ts'
import type { Services } from '../../src/services.ts'

type Needs = Pick<Services, 'tables'>

/** A collection, put straight into the tables. */
export async function addCollection({ tables }: Needs, row: Partial<Collection> & { user_id: string }): Promise<Collection> {
  const { members = [] } = row
  const stored: Collection = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    title: 'Letters',
    description: '',
    documents: [],
    members,
    readers: [row.user_id, ...members.map(({ user_id }) => user_id)],
    deleted_at: null,
    ...row,
  }
  await tables.collections.insert(stored)
  return stored
}

/** Bytes that no other document has, and their descriptor. */
export function someBytes(mediaType = 'application/octet-stream'): { bytes: Uint8Array; original: Document['original'] } {
  const bytes = new TextEncoder().encode(newId())
  return { bytes, original: { mediaType, digest: digestOf(bytes), size: bytes.length } }
}

/** A document with its blob, counted and listed. */
export async function addDocument(
  { tables, blobs, usage }: Pick<Services, 'tables' | 'blobs' | 'usage'>,
  row: Partial<Document> & { collection_id: string },
): Promise<Document> {
  const { bytes, original } = someBytes()
  const collection = await tables.collections.get(row.collection_id)
  if (!row.original) await blobs.put('objects', bytes, { mediaType: original.mediaType })
  const _id = newId()
  const stored: Document = {
    _id,
    revision: 0,
    created_at: new Date(),
    title: 'A letter',
    file_url: `/documents/${_id}/file`,
    metadata: {},
    original,
    pages: 1,
    current_version: 0,
    deleted_at: null,
    ...row,
  }
  await tables.documents.insert(stored)
  if (collection) await usage.reserve(collection.user_id, { bytes: stored.original.size, documents: 1 })
  await repairNewest({ tables }, stored.collection_id)
  return stored
}

/** A run, as its row says; by default one that has ended. */
export async function addRun({ tables }: Needs, row: Partial<Run> & Pick<Run, 'user_id' | 'collection_id'>): Promise<Run> {
  const stored: Run = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    batch_id: null,
    document_id: null,
    version: 0,
    inputs: {},
    gather: false,
    title: null,
    pipeline: { version: 1, steps: [{ use: 'image.grayscale' }] },
    saved_pipeline: null,
    priority: 0,
    state: 'done',
    attempt: 1,
    cancel_requested: false,
    retry_of: null,
    idempotency_key: newId(),
    pages: { total: 1, done: 1, failed: 0 },
    steps: [],
    error: null,
    result_version: null,
    webhook: null,
    started_at: new Date(Date.now() - 60_000),
    ended_at: new Date(Date.now() - 50_000),
    ...row,
  }
  await tables.runs.insert(stored)
  return stored
}

/** A complete upload of hers. */
export async function addUpload({ tables, blobs }: Pick<Services, 'tables' | 'blobs'>, userId: string): Promise<Upload> {
  const { bytes, original } = someBytes()
  await blobs.put('objects', bytes, { mediaType: original.mediaType })
  const row: Upload = {
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    user_id: userId,
    file_name: 'letter.pdf',
    size: original.size,
    original,
    pages: 1,
    expires_at: new Date(Date.now() + 3_600_000),
  }
  await tables.uploads.insert(row)
  return row
}
