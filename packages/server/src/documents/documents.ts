import { type Digest, ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { assertMayGive } from '../access/collection-access.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import type { Document, Version } from '../records/document.ts'
import { inTrash } from '../records/trash.ts'
import { heldBy } from './held-by.ts'
import { changedMetadata, type MetadataChange } from './metadata.ts'
import { purgeDocument } from './purge.ts'
import { textWhen } from './text-version.ts'
import { listsChanged, type Needs, written } from './written.ts'

export interface ListDocuments {
  readonly collection_id: string
  readonly order: 'newest' | 'title'
  /** What of it is in the trash: for the owner. */
  readonly trash: boolean
  /** Those of this original alone; not with `trash`. In no order. */
  readonly digest?: Digest | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/** A page of a collection's documents. Who may see them was asked before: what this gives may be kept. */
export function listDocuments(
  { tables }: Needs,
  { collection_id, order, trash, digest, after, limit }: ListDocuments,
): Promise<RowPage<Document>> {
  const page = { limit, after }
  if (digest !== undefined) return tables.documents.list({ index: 'by_digest', equals: [collection_id, null, digest], ...page })
  const newestFirst = { index: 'by_collection', order: 'descending', ...page } as const
  if (trash) return tables.documents.list({ ...newestFirst, equals: [collection_id], range: inTrash })
  return order === 'newest'
    ? tables.documents.list({ ...newestFirst, equals: [collection_id, null] })
    : tables.documents.list({ index: 'by_title', equals: [collection_id, null], ...page })
}

export interface UpdateDocument {
  readonly id: string
  readonly revision: number
  readonly title?: string | undefined
  readonly metadata?: MetadataChange | undefined
}

/** @throws STALE_REVISION when it was changed meanwhile */
export async function updateDocument(
  services: Needs,
  caller: Caller,
  { id, revision, title, metadata }: UpdateDocument,
): Promise<Document> {
  const { document } = await services.access.document(caller, id, { role: 'editor' })
  const change = {
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata: changedMetadata(document.metadata, metadata) }),
  }
  const row = await changeIfUnchanged(services.tables.documents, document, { revision, change })
  return written(services, caller, { action: 'update', row })
}

export interface MoveDocument {
  readonly id: string
  readonly revision: number
  readonly collection_id: string
}

/**
 * Into another collection, at the cost of its owner. To another owner only the present owner gives a document: it is as gone for them as after a purge.
 * @throws FORBIDDEN, QUOTA_EXCEEDED, STALE_REVISION
 */
export async function moveDocument(services: Needs, caller: Caller, { id, revision, collection_id }: MoveDocument): Promise<Document> {
  const { access, tables, usage } = services
  const { document, collection: from } = await access.document(caller, id, { role: 'editor' })
  const to = await access.collection(caller, collection_id, { role: 'editor', path: 'collection_id' })
  if (to._id === from._id) return document
  assertMayGive(caller, from, to)
  const amount = heldBy(document)
  const isAnothers = to.user_id !== from.user_id
  if (isAnothers) await usage.reserve(to.user_id, amount)
  const row = await changeIfUnchanged(tables.documents, document, { revision, change: { collection_id } }).catch(async (error: unknown) => {
    if (isAnothers) await usage.release(to.user_id, amount)
    throw error
  })
  if (isAnothers) await usage.release(from.user_id, amount)
  return written(services, caller, { action: 'move', row, from: from._id })
}

/** Into the trash (an editor) or out of it (the owner); what is there already stays as it is. */
export async function setDocumentTrashed(
  services: Needs,
  caller: Caller,
  { id, trashed }: { id: string; trashed: boolean },
): Promise<Document> {
  const { document } = await services.access.document(caller, id, { role: trashed ? 'editor' : 'owner', trashed: true })
  if ((document.deleted_at !== null) === trashed) return document
  const change = { deleted_at: trashed ? services.now() : null }
  const row = await changeIfUnchanged(services.tables.documents, document, { revision: document.revision, change })
  return written(services, caller, { action: trashed ? 'delete' : 'restore', row })
}

/** Removes it for good: only from the trash, only by the owner. @throws STALE_REVISION when it was changed meanwhile */
export async function purgeFromTrash(services: Needs, caller: Caller, id: string): Promise<void> {
  const { document, collection } = await services.access.document(caller, id, { role: 'owner', trashed: true })
  if (!document.deleted_at)
    throw new ImageDocError('INVALID_REQUEST', 'Only what is in the trash can be purged: delete the document first.', { path: 'id' })
  if (!(await purgeDocument(services, document, collection)))
    throw new ImageDocError('STALE_REVISION', 'It was changed meanwhile: look whether it is still in the trash.')
  await listsChanged(services, [collection._id])
  await services.audit.record({ userId: caller.userId, action: 'documents.purge', subject: { type: 'document', id } })
}

/** The newest first; the original is number 0 and is not among them. */
export async function listVersions(
  services: Needs,
  caller: Caller,
  { id, after, limit }: { id: string; after?: string | undefined; limit: number },
): Promise<RowPage<Version>> {
  await services.access.document(caller, id, { role: 'viewer' })
  const page = { order: 'descending', limit, after } as const
  return services.tables.versions.list({ index: 'by_document', equals: [id], ...page })
}

/** Makes a version the current one; 0 is the original. @throws NOT_FOUND, STALE_REVISION */
export async function restoreVersion(
  services: Needs,
  caller: Caller,
  { id, revision, number }: { id: string; revision: number; number: number },
): Promise<Document> {
  const { document } = await services.access.document(caller, id, { role: 'editor' })
  if (number !== 0 && (await services.tables.versions.count('by_document', [id, number])) === 0)
    throw new ImageDocError('NOT_FOUND', `The document has no version ${number}.`, { path: 'number' })
  const change = { current_version: number, text: await textWhen(services, id, number) }
  const row = await changeIfUnchanged(services.tables.documents, document, { revision, change })
  return written(services, caller, { action: 'versions.restore', row })
}
