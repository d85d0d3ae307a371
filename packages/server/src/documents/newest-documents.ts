import { changeRow } from '../records/change-row.ts'
import type { Id } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'

const NEWEST = 100

type Needs = { readonly tables: Pick<Tables, 'collections' | 'documents'> }

/** Makes `collections.documents`, the newest 100, anew from the documents, which are the truth. */
export async function repairNewest({ tables }: Needs, collectionId: Id): Promise<void> {
  const { rows } = await tables.documents.list({ index: 'by_collection', equals: [collectionId, null], order: 'descending', limit: NEWEST })
  const newest = rows.map(({ _id }) => _id)
  await changeRow(tables.collections, collectionId, ({ documents }) =>
    documents.length === newest.length && documents.every((id, index) => id === newest[index]) ? undefined : { documents: newest },
  )
}
