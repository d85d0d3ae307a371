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
  const { rows } = await tables.documents.list({ index: 'by_collection', equals: [collectionId, null], order: 'descending', limit: NEWEST })
  const newest = rows.map(({ _id }) => _id)
  return changeRow(tables.collections, collectionId, ({ documents }) =>
    documents.length === newest.length && documents.every((id, index) => id === newest[index]) ? undefined : { documents: newest },
  )
}
