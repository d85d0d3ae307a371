import { purgeDocument } from '../documents/purge.ts'
import { listsChanged } from '../documents/written.ts'
import type { Services } from '../services.ts'
import { everyRow } from './every-row.ts'
import { overdueBefore } from './purge-time.ts'

type Needs = Pick<Services, 'tables' | 'blobs' | 'cache' | 'usage' | 'queryCache' | 'settings' | 'now'>

/** Purges what has lain in the trash for `trashDays`: documents, and collections with all that they hold. */
export async function sweepTrash(services: Needs, signal: AbortSignal): Promise<number> {
  const { tables, settings, now } = services
  const overdue = { index: 'by_deletion', range: { from: new Date(0), below: overdueBefore(now(), settings) } }
  let purged = 0
  for await (const document of everyRow(tables.documents, overdue)) {
    if (signal.aborted) return purged
    const collection = await tables.collections.get(document.collection_id)
    await purgeDocument(services, document, collection ?? { user_id: '' })
    await listsChanged(services, [document.collection_id])
    purged++
  }
  for await (const collection of everyRow(tables.collections, overdue)) {
    for await (const document of everyRow(tables.documents, { index: 'by_collection', equals: [collection._id] })) {
      if (signal.aborted) return purged
      await purgeDocument(services, document, collection)
      purged++
    }
    // Only as it was read: one that was restored meanwhile stays.
    if (await tables.collections.delete(collection._id, collection.revision)) purged++
  }
  return purged
}
