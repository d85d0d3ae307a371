import { changeRow } from '../records/change-row.ts'
import type { Collection } from '../records/collection.ts'
import type { Id } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'

const NEWEST = 100

/**
 * Makes `collections.documents`, the newest 100, anew from the documents, which are the truth.
 * Gives the collection as it is stored then; undefined when it was right already or is gone.
 */
export async function repairNewest(
  { tables }: { readonly tables: Pick<Tables, 'collections' | 'documents'> },
  collectionId: Id,
): Promise<Collection | undefined> {
  const newest = { index: 'by_collection', equals: [collectionId, null], order: 'descending', limit: NEWEST } as const
  // Listed after the collection was read, and anew at each attempt: else who comes late would write down what was right before others wrote.
  return changeRow(tables.collections, collectionId, async ({ documents }) => {
    const ids = (await tables.documents.list(newest)).rows.map(({ _id }) => _id)
    return documents.length === ids.length && documents.every((id, index) => id === ids[index]) ? undefined : { documents: ids }
  })
}
