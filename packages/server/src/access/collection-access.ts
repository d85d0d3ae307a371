import { ImageDocError } from '@imagedoc/core'
import type { Collection, MemberRole } from '../records/collection.ts'
import type { Document } from '../records/document.ts'
import { isId } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'
import { isPurging } from '../records/trash.ts'
import type { Caller } from './caller.ts'

/** What somebody may do in a collection; each may also do what the ones before her may. */
export type CollectionRole = MemberRole | 'owner'

const ranks: Record<CollectionRole, number> = { viewer: 0, editor: 1, owner: 2 }

/** Her role, or undefined for a stranger: also for a manager who is no member. */
export function roleIn(collection: Pick<Collection, 'user_id' | 'members'>, userId: string): CollectionRole | undefined {
  if (collection.user_id === userId) return 'owner'
  return collection.members.find((member) => member.user_id === userId)?.role
}

/** Which role is needed, and whether it may be in the trash. */
export interface Needed {
  readonly role: CollectionRole
  /** Only the owner finds what is in the trash. @default false */
  readonly trashed?: boolean
  /** The path of the id in the request. @default 'id' */
  readonly path?: string
}

/** Who may do what with collections and documents: always asked of the database, never of a cache. */
export interface CollectionAccess {
  /** @throws NOT_FOUND for a stranger, as if it did not exist; FORBIDDEN where her role does not reach */
  collection(caller: Caller, id: string, needed: Needed): Promise<Collection>
  /** The document and its collection. @throws as `collection` */
  document(caller: Caller, id: string, needed: Needed): Promise<{ document: Document; collection: Collection }>
}

export function createCollectionAccess(tables: Pick<Tables, 'collections' | 'documents'>): CollectionAccess {
  const collection: CollectionAccess['collection'] = async (caller, id, needed) => {
    const row = isId(id) ? await tables.collections.get(id) : undefined
    return admitted(row, caller, { ...needed, what: 'collection' })
  }
  return {
    collection,
    async document(caller, id, needed) {
      const document = isId(id) ? await tables.documents.get(id) : undefined
      const parent = document && (await tables.collections.get(document.collection_id))
      const found = admitted(parent, caller, { ...needed, what: 'document' })
      if (!document || isHidden(document, { needed, collection: found, caller })) throw notFound('document', needed)
      return { document, collection: found }
    },
  }
}

function admitted(row: Collection | undefined, caller: Caller, needed: Needed & { what: string }): Collection {
  const role = row && roleIn(row, caller.userId)
  if (!row || !role || isHidden(row, { needed, collection: row, caller })) throw notFound(needed.what, needed)
  if (ranks[role] >= ranks[needed.role]) return row
  throw new ImageDocError('FORBIDDEN', `This needs the role "${needed.role}" in the collection; yours is "${role}".`, {
    path: needed.path ?? 'id',
  })
}

/** Unless it is wanted from the trash by the owner; what is being purged nobody finds. */
function isHidden(
  row: Collection | Document,
  { needed, collection, caller }: { needed: Needed; collection: Collection; caller: Caller },
): boolean {
  if (row.deleted_at === null) return false
  return isPurging(row) || needed.trashed !== true || collection.user_id !== caller.userId
}

function notFound(what: string, { path = 'id' }: Needed): ImageDocError {
  return new ImageDocError('NOT_FOUND', `There is no such ${what}, or you may not see it.`, { path })
}

/**
 * Whether somebody may take a thing out of a collection and put it where another user is the owner (null: where no collection is). Its owner could
 * neither find nor restore it afterwards, so it needs what a purge needs.
 * @throws FORBIDDEN
 */
export function assertMayGive(caller: Pick<Caller, 'userId'>, from: Collection, to: Pick<Collection, 'user_id'> | null): void {
  if (to?.user_id === from.user_id || caller.userId === from.user_id) return
  const message = "Only the owner of a collection may take what is in it out of the owner's collections. Ask the owner, or make a copy."
  throw new ImageDocError('FORBIDDEN', message, { path: 'collection_id' })
}
