import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Document } from '../records/document.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import { claimUpload, removeUpload } from '../uploads/claim.ts'
import { changedMetadata, type MetadataChange } from './metadata.ts'
import { type Needs, written } from './written.ts'

export interface CreateDocument {
  readonly collection_id: string
  /** The id of a complete upload. */
  readonly upload: string
  /** @default the name of the uploaded file */
  readonly title?: string | undefined
  readonly metadata: MetadataChange
  readonly idempotencyKey?: string | undefined
}

type Create = Needs & Parameters<typeof claimUpload>[0] & Parameters<typeof removeUpload>[0]

/** Makes a document of an upload. @throws QUOTA_EXCEEDED of the collection's owner */
export async function createDocument(services: Create, caller: Caller, input: CreateDocument): Promise<Document> {
  const { idempotencyKey } = input
  const { access, instanceKey, tables, usage } = services
  const collection = await access.collection(caller, input.collection_id, { role: 'editor', path: 'collection_id' })
  const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'document', idempotencyKey])
  // A repeated request finds its document; its upload is gone by then.
  const there = idempotencyKey === undefined ? undefined : await tables.documents.get(_id)
  if (there) return sameDocument(there, input)
  const upload = await claimUpload(services, caller, input.upload)
  const amount = { bytes: upload.original.size, documents: 1 }
  await usage.reserve(collection.user_id, amount)
  const row: Document = {
    _id,
    revision: 0,
    created_at: services.now(),
    collection_id: collection._id,
    title: input.title ?? (upload.file_name || 'Untitled'),
    file_url: `/documents/${_id}/file`,
    metadata: changedMetadata({}, input.metadata),
    original: upload.original,
    pages: upload.pages,
    current_version: 0,
    deleted_at: null,
  }
  const giveBack = (): Promise<void> => usage.release(collection.user_id, amount)
  const inserted = await insertOnce(tables.documents, row, ({ original }) => original.digest === row.original.digest).catch(
    (error: unknown) => giveBack().then(() => Promise.reject(error)),
  )
  if (!inserted.isNew) await giveBack()
  await removeUpload(services, upload._id)
  return inserted.isNew ? written(services, caller, { action: 'create', row }) : inserted.row
}

function sameDocument(there: Document, { collection_id, title }: CreateDocument): Document {
  const same = there.revision > 0 || (there.collection_id === collection_id && (title === undefined || there.title === title))
  if (same) return there
  throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another request. Use a new one for each request.', {
    path: 'idempotencyKey',
  })
}
