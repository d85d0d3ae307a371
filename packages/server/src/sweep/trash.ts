import { collectionsTag } from '../collections/written.ts'
import { purgeDocument, removeRunsOfCollection } from '../documents/purge.ts'
import { listsChanged } from '../documents/written.ts'
import { givePipelinesBack } from '../pipelines/pipeline-access.ts'
import { everyRow } from '../records/every-row.ts'
import { isPurging, PURGING } from '../records/trash.ts'
import type { Services } from '../services.ts'
import { overdueBefore } from './purge-time.ts'

type Needs = Pick<Services, 'tables' | 'blobs' | 'cache' | 'events' | 'lock' | 'search' | 'usage' | 'queryCache' | 'settings' | 'now'>

/** Purges what has lain in the trash for `trashDays`: documents, and collections with all that they hold. */
export async function sweepTrash(services: Needs, signal: AbortSignal): Promise<number> {
  const { tables, settings, now, queryCache } = services
  const overdue = { index: 'by_deletion', range: { from: new Date(0), below: overdueBefore(now(), settings) } }
  let purged = 0
  for await (const document of everyRow(tables.documents, overdue)) {
    if (signal.aborted) return purged
    const collection = await tables.collections.get(document.collection_id)
    if (!(await purgeDocument(services, document, collection ?? { user_id: '' }))) continue
    await listsChanged(services, [document.collection_id])
    purged++
  }
  for await (const collection of everyRow(tables.collections, overdue)) {
    // Only as it was read, and before anything in it goes: one that was restored meanwhile stays whole.
    if (!isPurging(collection) && !(await tables.collections.replaceIf({ ...collection, deleted_at: PURGING }))) continue
    for await (const document of everyRow(tables.documents, { index: 'by_collection', equals: [collection._id] })) {
      if (signal.aborted) return purged
      if (await purgeDocument(services, document, collection)) purged++
    }
    await removeRunsOfCollection(services, collection)
    await givePipelinesBack(services, collection)
    // What came or changed meanwhile is the next hour's.
    const left = await tables.documents.count('by_collection', [collection._id])
    if (left === 0 && (await tables.collections.delete(collection._id))) purged++
    await queryCache.invalidate(collection.readers.map(collectionsTag))
  }
  return purged
}
