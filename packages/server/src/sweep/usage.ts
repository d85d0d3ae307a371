import { heldBy } from '../documents/held-by.ts'
import { everyRow } from '../records/every-row.ts'
import type { Tables } from '../records/tables.ts'
import type { Quota, Usage } from '../records/user.ts'
import type { Services } from '../services.ts'

const DAY_MS = 86_400_000

type Needs = Pick<Services, 'tables' | 'now'>

/**
 * Counts anew what users' collections hold, each user once a day: a process that died between a reservation and its document leaves too
 * high a count. A count that changes meanwhile is left for the next time.
 */
export async function recountUsage({ tables, now }: Needs, signal: AbortSignal): Promise<number> {
  let changed = 0
  for await (const row of everyRow(tables.usage, {
    index: 'by_count',
    range: { from: new Date(0), below: new Date(now().getTime() - DAY_MS) },
  })) {
    if (signal.aborted) break
    const counted = await holdings(tables, row._id)
    const stored = await tables.usage.replaceIf({ ...row, ...counted, counted_at: now() } satisfies Usage)
    if (stored && (counted.bytes !== row.bytes || counted.documents !== row.documents)) changed++
  }
  return changed
}

/** What a user's collections hold, counted. */
export async function holdings(tables: Pick<Tables, 'collections' | 'documents'>, userId: string): Promise<Quota> {
  const sum = { bytes: 0, documents: 0 }
  for await (const collection of everyRow(tables.collections, { index: 'by_owner', equals: [userId] }))
    for await (const document of everyRow(tables.documents, { index: 'by_collection', equals: [collection._id] })) {
      const { bytes, documents } = heldBy(document)
      sum.bytes += bytes
      sum.documents += documents
    }
  return sum
}
