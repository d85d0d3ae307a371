import type { Caller } from '../access/caller.ts'
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

/** After every write: the collection's own list is right, kept ones are gone, the deed is on record. */
export async function written(
  services: Needs,
  { userId }: Caller,
  { action, row, from = row.collection_id }: { action: string; row: Document; from?: Id },
): Promise<Document> {
  const collections = [...new Set([row.collection_id, from])]
  for (const id of collections) await repairNewest(services, id)
  await services.queryCache.invalidate(collections.map(documentsTag))
  await services.audit.record({ userId, action: `documents.${action}`, subject: { type: 'document', id: row._id } })
  return row
}
