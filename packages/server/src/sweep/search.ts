import { setImmediate as turn } from 'node:timers/promises'
import { everyRow } from '../records/every-row.ts'
import { isUpToDate } from '../search/index-document.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'tables' | 'search'>

/** Documents to look at before others have their turn. */
const BATCH = 100

/** Documents whose index is not where they are: a process died between a write and its index, or the index could not be written. */
export async function sweepSearch({ tables, search }: Needs, signal: AbortSignal): Promise<number> {
  let repaired = 0
  let seen = 0
  const repair = async (id: string): Promise<void> => {
    await search.documentChanged(id)
    repaired++
  }
  for await (const document of everyRow(tables.documents, { index: 'by_deletion', equals: [null] })) {
    if (signal.aborted) return repaired
    if (!isUpToDate(document, await tables.searchedDocuments.get(document._id))) await repair(document._id)
    if (++seen % BATCH === 0) await turn()
  }
  for await (const mark of everyRow(tables.searchedDocuments, { index: 'by_age' })) {
    if (signal.aborted) return repaired
    const document = await tables.documents.get(mark._id)
    if (!document || document.deleted_at) await repair(mark._id)
    if (++seen % BATCH === 0) await turn()
  }
  return repaired
}
