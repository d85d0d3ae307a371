import { ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import type { Collection } from '../records/collection.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import { inTrash } from '../records/trash.ts'
import { type Needs, written, writtenForOthers } from './written.ts'

/** Of one owner, the trash included: with descriptions of the greatest length they take some 80 MB. */
const COLLECTIONS = 2000

export interface CreateCollection {
  readonly title: string
  readonly description: string
  readonly idempotencyKey?: string | undefined
}

/** @throws QUOTA_EXCEEDED beyond 2,000 of one owner */
export async function createCollection(services: Needs, caller: Caller, input: CreateCollection): Promise<Collection> {
  const { title, description, idempotencyKey } = input
  const _id = idempotencyKey === undefined ? newId() : idFor(services.instanceKey, [caller.userId, 'collection', idempotencyKey])
  if (idempotencyKey === undefined || !(await services.tables.collections.get(_id))) await assertFew(services, caller)
  const row: Collection = {
    _id,
    revision: 0,
    created_at: services.now(),
    user_id: caller.userId,
    title,
    description,
    documents: [],
    members: [],
    readers: [caller.userId],
    deleted_at: null,
  }
  const same = (there: Collection): boolean => there.revision > 0 || (there.title === title && there.description === description)
  const inserted = await insertOnce(services.tables.collections, row, same)
  return inserted.isNew ? written(services, caller, { action: 'create', row }) : inserted.row
}

async function assertFew({ tables }: Needs, { userId }: Caller): Promise<void> {
  const collections = await tables.collections.count('by_owner', [userId])
  if (collections < COLLECTIONS) return
  const message = `You own ${collections} collections, with those in the trash, and ${COLLECTIONS} is the most. Put documents of several into one, or delete some.`
  throw new ImageDocError('QUOTA_EXCEEDED', message, { details: { collections, limit: COLLECTIONS } })
}

export interface ListCollections {
  /** What of her own is in the trash, instead of all that she may see. */
  readonly trash: boolean
  readonly after?: string | undefined
  readonly limit: number
}

/** The newest first. */
export function listCollections(
  { tables }: Needs,
  { userId }: Caller,
  { trash, after, limit }: ListCollections,
): Promise<RowPage<Collection>> {
  const page = { order: 'descending', limit, after } as const
  return trash
    ? tables.collections.list({ index: 'by_owner', equals: [userId], range: inTrash, ...page })
    : tables.collections.list({ index: 'by_reader', equals: [userId, null], ...page })
}

export interface UpdateCollection {
  readonly id: string
  readonly revision: number
  readonly title?: string | undefined
  readonly description?: string | undefined
}

/** @throws STALE_REVISION when it was changed meanwhile */
export async function updateCollection(services: Needs, caller: Caller, input: UpdateCollection): Promise<Collection> {
  const { id, revision, title, description } = input
  const present = await services.access.collection(caller, id, { role: 'editor' })
  const change = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) }
  const row = await changeIfUnchanged(services.tables.collections, present, { revision, change })
  return written(services, caller, { action: 'update', row })
}

export interface TrashCollection {
  readonly id: string
  readonly revision?: number | undefined
  readonly trashed: boolean
}

/** Into the trash or out of it, with all that it holds; what is there already stays as it is. */
export async function setCollectionTrashed(services: Needs, caller: Caller, input: TrashCollection): Promise<Collection> {
  const { id, revision, trashed } = input
  const present = await services.access.collection(caller, id, { role: 'owner', trashed: true })
  if ((present.deleted_at !== null) === trashed) return present
  const change = { deleted_at: trashed ? services.now() : null }
  const row = await changeIfUnchanged(services.tables.collections, present, { revision: revision ?? present.revision, change })
  return writtenForOthers(services, caller, { action: trashed ? 'delete' : 'restore', row })
}
