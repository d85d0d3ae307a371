import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Document } from '../records/document.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import { claimUpload, noSuchUpload, removeUpload } from '../uploads/claim.ts'
import { isBlobThere } from './held-blobs.ts'
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
  const made = async (): Promise<Document | undefined> => (idempotencyKey === undefined ? undefined : tables.documents.get(_id))
  const there = await made()
  if (there) return sameDocument(services, caller, { there, input })
  const upload = await claimUpload(services, caller, input.upload).catch(async (error: unknown) => {
    // The first request may have ended between the two looks.
    if (await made()) return undefined
    throw error
  })
  if (!upload) return createDocument(services, caller, input)
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
  const wasThere = await removeUpload(services, upload._id)
  if (!inserted.isNew) return sameDocument(services, caller, { there: inserted.row, input })
  // Without the upload nobody held the blob for a moment: a purge of another document may have dropped it.
  if (!wasThere && !(await isBlobThere(services, upload.original.digest))) {
    await tables.documents.delete(_id)
    await giveBack()
    throw noSuchUpload()
  }
  return written(services, caller, { action: 'create', row })
}

/** What the first request made, unless it was another request, or the caller may not see the document any more. */
async function sameDocument(
  { access }: Create,
  caller: Caller,
  { there, input: { collection_id, title } }: { there: Document; input: CreateDocument },
): Promise<Document> {
  const same = there.revision > 0 || (there.collection_id === collection_id && (title === undefined || there.title === title))
  if (same) return (await access.document(caller, there._id, { role: 'viewer', trashed: true, path: 'idempotencyKey' })).document
  throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another request. Use a new one for each request.', {
    path: 'idempotencyKey',
  })
}
