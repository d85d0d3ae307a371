import type { Stored } from '@imagedoc/core'
import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb'
import { derivedMembers } from './derived.ts'
import { isDerived, rowOf, SHAPE, type StoredDocument } from './document.ts'
import type { TableLayout } from './layout.ts'

const BATCH = 500

/** Gives the rows that are there the members that the table's indexes need; a row that changes meanwhile is looked at again. */
export async function bringToShape(collection: Collection<StoredDocument>, layout: TableLayout): Promise<void> {
  while ((await changeOld(collection, layout)) > 0);
}

/** How many rows were of another shape. */
async function changeOld(collection: Collection<StoredDocument>, layout: TableLayout): Promise<number> {
  const shape = layout.indexes.size > 0 ? layout.shape : null
  let seen = 0
  let changes: AnyBulkWriteOperation<StoredDocument>[] = []
  const write = async (): Promise<void> => {
    seen += changes.length
    if (changes.length > 0) await collection.bulkWrite(changes, { ordered: false })
    changes = []
  }
  for await (const document of collection.find({ [SHAPE]: { $ne: shape } } as Document, { batchSize: BATCH })) {
    // Not the rows themselves are gathered: 500 of them may be large.
    changes.push(changeOf(document, layout))
    if (changes.length === BATCH) await write()
  }
  await write()
  return seen
}

/** Only the members that are derived, and only while the row is the one that they were derived from. */
function changeOf(document: StoredDocument, layout: TableLayout): AnyBulkWriteOperation<StoredDocument> {
  const members = derivedMembers(layout, rowOf<Stored>(document))
  const gone = Object.keys(document).filter((member) => isDerived(member) && !Object.hasOwn(members, member))
  const update: Document = {
    ...(Object.keys(members).length > 0 ? { $set: members } : {}),
    ...(gone.length > 0 ? { $unset: Object.fromEntries(gone.map((member) => [member, ''])) } : {}),
  }
  return { updateOne: { filter: { _id: document._id, ['revision']: document['revision'] }, update } }
}
