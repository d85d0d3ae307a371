import { startAccessEpoch } from '../access/access-epoch.ts'
import type { Caller } from '../access/caller.ts'
import type { Collection } from '../records/collection.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'

export type Needs = Pick<Services, 'access' | 'audit' | 'instanceKey' | 'now' | 'queryCache' | 'tables'>

/** A deed and what it left behind. */
export interface Write {
  readonly action: string
  readonly row: Collection
  /** Who no longer sees it. */
  readonly formerReaders?: readonly Id[]
}

/** What a kept list of this user's collections is made from. */
export function collectionsTag(userId: Id): string {
  return `collections-of:${userId}`
}

/** After every write: kept lists of all who see it are gone, and the deed is on record. */
export async function written(
  { audit, queryCache }: Needs,
  { userId }: Caller,
  { action, row, formerReaders = [] }: Write,
): Promise<Collection> {
  await queryCache.invalidate([...row.readers, ...formerReaders].map(collectionsTag))
  await audit.record({ userId, action: `collections.${action}`, subject: { type: 'collection', id: row._id } })
  return row
}

/** After a write that changes who may see it. */
export async function writtenForOthers(services: Needs, caller: Caller, write: Write): Promise<Collection> {
  await startAccessEpoch(services.tables, [...write.row.readers, ...(write.formerReaders ?? [])])
  return written(services, caller, write)
}
