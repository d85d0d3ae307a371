import type { Caller } from '../access/caller.ts'
import { collectionsTag } from '../collections/written.ts'
import type { Document } from '../records/document.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'
import { repairNewest } from './newest-documents.ts'
import type { Purge } from './purge.ts'

export type Needs = Purge & Pick<Services, 'access' | 'audit' | 'instanceKey' | 'now' | 'queryCache' | 'settings'>

/** What a kept list of this collection's documents is made from. */
export function documentsTag(collectionId: Id): string {
  return `documents-of:${collectionId}`
}

/** After every write: the collection's own list is right, kept lists of both kinds are gone, search knows, the deed is on record. */
export async function written(
  services: Needs,
  { userId }: Caller,
  { action, row, from = row.collection_id }: { action: string; row: Document; from?: Id },
): Promise<Document> {
  await listsChanged(services, [row.collection_id, from])
  await services.search.documentChanged(row._id)
  await services.audit.record({ userId, action: `documents.${action}`, subject: { type: 'document', id: row._id } })
  return row
}

/** To be called when documents of these collections came, changed or went. */
export async function listsChanged(services: Pick<Services, 'tables' | 'queryCache'>, collectionIds: Iterable<Id>): Promise<void> {
  for (const id of new Set(collectionIds)) {
    const repaired = await repairNewest(services, id)
    await services.queryCache.invalidate([documentsTag(id), ...(repaired?.readers ?? []).map(collectionsTag)])
  }
}
