import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { type Id, isId } from '../records/id.ts'
import type { Batch, Run } from '../records/run.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'access' | 'tables'>

const states: readonly Run['state'][] = ['queued', 'running', 'done', 'partial', 'failed', 'cancelled']

/** Runs of a batch by their state. */
export type Counts = Readonly<Record<Run['state'], number>>

/** Hers, or one over a collection in which she has this role. @throws NOT_FOUND, FORBIDDEN */
export async function batchFor(
  { access, tables }: Needs,
  caller: Caller,
  { id, role }: { id: Id; role: 'viewer' | 'editor' },
): Promise<Batch> {
  const batch = isId(id) ? await tables.batches.get(id) : undefined
  if (!batch) throw new ImageDocError('NOT_FOUND', 'There is no such batch, or you may not see it.', { path: 'id' })
  if (batch.user_id !== caller.userId) await access.collection(caller, batch.collection_id, { role, trashed: true })
  return batch
}

export async function countRuns({ tables }: Pick<Needs, 'tables'>, { _id }: Batch): Promise<Counts> {
  const counts = await Promise.all(states.map(async (state) => [state, await tables.runs.count('by_batch', [_id, state])] as const))
  return Object.fromEntries(counts) as Counts
}
