import { throwIfAborted } from '@imagedoc/core'
import { createCollectionAccess } from '../access/collection-access.ts'
import { repairNewest } from '../documents/newest-documents.ts'
import { createLog } from '../logging/log.ts'
import { everyRow } from '../records/every-row.ts'
import { createSearch } from '../search/search-service.ts'
import { sweepSearch } from '../sweep/search.ts'
import { holdings } from '../sweep/usage.ts'
import type { RestoreTarget } from './target.ts'

/** Makes anew what a backup leaves out, because it follows from the rest: the newest documents of collections, what users hold, and the index of search. */
export async function derive({ tables, blobs, lock }: RestoreTarget, signal: AbortSignal): Promise<void> {
  const now = (): Date => new Date()
  for await (const { _id } of everyRow(tables.collections, { index: 'by_age' })) {
    throwIfAborted(signal)
    await repairNewest({ tables }, _id)
  }
  for await (const { _id } of everyRow(tables.users, { index: 'by_age' })) {
    throwIfAborted(signal)
    await tables.usage.delete(_id)
    await tables.usage.insert({ _id, revision: 0, created_at: now(), counted_at: now(), ...(await holdings(tables, _id)) })
  }
  const log = createLog('warn')
  await using search = createSearch({ access: createCollectionAccess(tables), blobs, lock, log, now, tables })
  await sweepSearch({ tables, search }, signal)
  throwIfAborted(signal)
}
