import { ImageDocError } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { Batch, Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import { isEnded, notBefore } from './claim.ts'

type Needs = Pick<Services, 'now' | 'runEvents' | 'runner' | 'tables' | 'webhooks'>

/** What waits ends at once; what is being done is stopped by whoever does it. */
export async function cancelRun(services: Needs, { _id }: Pick<Run, '_id'>): Promise<Run> {
  const { now, runEvents, runner, tables, webhooks } = services
  const error = new ImageDocError('CANCELLED', 'The run was cancelled.').toJSON()
  const changed = await changeRow(tables.runs, _id, ({ state, webhook, created_at }) => {
    if (isEnded(state)) return undefined
    if (state === 'running') return { cancel_requested: true }
    const due = webhook && { ...webhook, state: 'pending' as const, next_at: now() }
    return { state: 'cancelled' as const, cancel_requested: true, error, webhook: due, ended_at: notBefore(created_at, now()) }
  })
  if (changed?.state === 'running') await runner.cancel(_id)
  if (changed?.state === 'cancelled') {
    void runEvents.publishEnd(changed)
    if (changed.webhook) webhooks.wake()
  }
  const run = changed ?? (await tables.runs.get(_id))
  if (run) return run
  throw new ImageDocError('NOT_FOUND', 'The run was removed with its document.', { path: 'id' })
}

/** No further runs are made of it, and those that were end. */
export async function cancelBatch(services: Needs, id: Id): Promise<Batch | undefined> {
  const { tables } = services
  const batch = await changeRow(tables.batches, id, () => ({ cancel_requested: true, complete: true }))
  for (const state of ['queued', 'running'])
    for await (const run of everyRow(tables.runs, { index: 'by_batch', equals: [id, state] })) await cancelRun(services, run)
  return batch
}
