import { ImageDocError, type Json, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import type { Document, Metadata, Version } from '../records/document.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Services } from '../services.ts'
import { claimUpload, removeUpload } from '../uploads/claim.ts'
import { noteDocument } from './newest-documents.ts'
import { type Purge, purgeDocument } from './purge.ts'

type Needs = Purge & Pick<Services, 'access' | 'audit' | 'instanceKey' | 'now' | 'queryCache' | 'settings'>

/** A metadata change: `null` removes a key. */
export type MetadataChange = Readonly<Record<string, Json>>

export interface CreateDocument {
  readonly collection_id: string
  /** The id of a complete upload. */
  readonly upload: string
  readonly title?: string | undefined
  readonly metadata: MetadataChange
  readonly idempotencyKey?: string | undefined
}

export interface ListDocuments {
  readonly collection_id: string
  readonly order: 'newest' | 'title'
  /** What of it is in the trash: for the owner. */
  readonly trash: boolean
  readonly after?: string | undefined
  readonly limit: number
}

/** What can be done with documents; every method asks who may. */
export interface DocumentService {
  create(caller: Caller, input: CreateDocument): Promise<Document>
  list(caller: Caller, query: ListDocuments): Promise<RowPage<Document>>
  update(
    caller: Caller,
    input: { id: string; revision: number; title?: string | undefined; metadata?: MetadataChange | undefined },
  ): Promise<Document>
  move(caller: Caller, input: { id: string; revision: number; collection_id: string }): Promise<Document>
  setTrashed(caller: Caller, input: { id: string; trashed: boolean }): Promise<Document>
  /** Irrevocable: the rows, the blobs that nothing else holds, and what the cache made from it. */
  purge(caller: Caller, id: string): Promise<void>
  versions(caller: Caller, query: { id: string; after?: string | undefined; limit: number }): Promise<RowPage<Version>>
  setCurrentVersion(caller: Caller, input: { id: string; revision: number; number: number }): Promise<Document>
  /** What a kept list of this collection's documents is made from. */
  listTag(collectionId: string): string
}

export function createDocumentService(services: Needs): DocumentService {
  const { access, audit, instanceKey, now, queryCache, tables, usage } = services
  const listTag = (collectionId: string): string => `documents-of:${collectionId}`
  const listsChanged = (...collectionIds: string[]): Promise<void> => queryCache.invalidate(collectionIds.map(listTag))
  const record = (caller: Caller, action: string, id: string): Promise<void> =>
    audit.record({ userId: caller.userId, action: `documents.${action}`, subject: { type: 'document', id } })
  /** After every write: the collection's own list, the kept ones, the record of deeds. */
  const written = async (caller: Caller, action: string, row: Document): Promise<Document> => {
    await noteDocument(services, row)
    await listsChanged(row.collection_id)
    await record(caller, action, row._id)
    return row
  }

  return {
    listTag,
    async create(caller, input) {
      const collection = await access.collection(caller, input.collection_id, { role: 'editor', path: 'collection_id' })
      const { idempotencyKey } = input
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
        created_at: now(),
        collection_id: collection._id,
        title: input.title ?? (upload.file_name || 'Untitled'),
        file_url: `/documents/${_id}/file`,
        metadata: changedMetadata({}, input.metadata),
        original: upload.original,
        pages: upload.pages,
        current_version: 0,
        deleted_at: null,
      }
      const inserted = await insertOnce(tables.documents, row, ({ original }) => original.digest === row.original.digest).catch(
        async (error: unknown) => {
          await usage.release(collection.user_id, amount)
          throw error
        },
      )
      if (!inserted.isNew) await usage.release(collection.user_id, amount)
      await removeUpload(services, upload)
      return inserted.isNew ? written(caller, 'create', inserted.row) : inserted.row
    },

    async list(caller, { collection_id, order, trash, after, limit }) {
      await access.collection(caller, collection_id, { role: trash ? 'owner' : 'viewer', path: 'collection_id' })
      const page = { limit, ...(after === undefined ? {} : { after }) }
      if (trash)
        return tables.documents.list({
          index: 'by_collection',
          equals: [collection_id],
          range: { from: new Date(0) },
          order: 'descending',
          ...page,
        })
      return order === 'title'
        ? tables.documents.list({ index: 'by_title', equals: [collection_id, null], ...page })
        : tables.documents.list({ index: 'by_collection', equals: [collection_id, null], order: 'descending', ...page })
    },

    async update(caller, { id, revision, title, metadata }) {
      const { document } = await access.document(caller, id, { role: 'editor' })
      const change = {
        ...(title === undefined ? {} : { title }),
        ...(metadata === undefined ? {} : { metadata: changedMetadata(document.metadata, metadata) }),
      }
      return written(caller, 'update', await changeIfUnchanged(tables.documents, document, { revision, change }))
    },

    async move(caller, { id, revision, collection_id }) {
      const { document, collection: from } = await access.document(caller, id, { role: 'editor' })
      const to = await access.collection(caller, collection_id, { role: 'editor', path: 'collection_id' })
      if (to._id === from._id) return document
      const amount = { bytes: document.original.size, documents: 1 }
      const changesOwner = to.user_id !== from.user_id
      if (changesOwner) await usage.reserve(to.user_id, amount)
      const stored = await changeIfUnchanged(tables.documents, document, { revision, change: { collection_id } }).catch(
        async (error: unknown) => {
          if (changesOwner) await usage.release(to.user_id, amount)
          throw error
        },
      )
      if (changesOwner) await usage.release(from.user_id, amount)
      await noteDocument(services, document)
      await listsChanged(from._id)
      return written(caller, 'move', stored)
    },

    async setTrashed(caller, { id, trashed }) {
      const { document } = await access.document(caller, id, trashed ? { role: 'editor', trashed } : { role: 'owner', trashed: true })
      if ((document.deleted_at !== null) === trashed) return document
      const change = { deleted_at: trashed ? now() : null }
      const stored = await changeIfUnchanged(tables.documents, document, { revision: document.revision, change })
      return written(caller, trashed ? 'delete' : 'restore', stored)
    },

    async purge(caller, id) {
      const { document, collection } = await access.document(caller, id, { role: 'owner', trashed: true })
      if (!document.deleted_at)
        throw new ImageDocError('INVALID_REQUEST', 'Only what is in the trash can be purged: delete the document first.', { path: 'id' })
      await purgeDocument(services, document, collection)
      await listsChanged(collection._id)
      await record(caller, 'purge', id)
    },

    async versions(caller, { id, after, limit }) {
      await access.document(caller, id, { role: 'viewer' })
      const page = { limit, ...(after === undefined ? {} : { after }) }
      return tables.versions.list({ index: 'by_document', equals: [id], order: 'descending', ...page })
    },

    async setCurrentVersion(caller, { id, revision, number }) {
      const { document } = await access.document(caller, id, { role: 'editor' })
      if (number !== 0 && (await tables.versions.count('by_document', [id, number])) === 0)
        throw new ImageDocError('NOT_FOUND', `The document has no version ${number}.`, { path: 'number' })
      const change = { current_version: number }
      return written(caller, 'versions.restore', await changeIfUnchanged(tables.documents, document, { revision, change }))
    },
  }
}

function sameDocument(there: Document, { collection_id, title }: CreateDocument): Document {
  const same = there.revision > 0 || (there.collection_id === collection_id && (title === undefined || there.title === title))
  if (same) return there
  throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another request. Use a new one for each request.', {
    path: 'idempotencyKey',
  })
}

function changedMetadata(metadata: Metadata, change: MetadataChange): Metadata {
  const entries = Object.entries({ ...metadata, ...change }).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(entries) as Metadata
}
