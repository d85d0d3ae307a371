import { isImageDocError } from '@imagedoc/core'
import { changeRow } from '../records/change-row.ts'
import { type Id, idFor } from '../records/id.ts'
import type { Batch } from '../records/run.ts'
import type { Services } from '../services.ts'
import { insertRun } from './insert-run.ts'
import { newRun } from './new-run.ts'

type Needs = Pick<Services, 'instanceKey' | 'lock' | 'now' | 'tables'>

const LEASE_MS = 10_000
const AT_A_TIME = 100

/**
 * Makes the runs of a batch, one for each document of its collection, a piece at a time: what was interrupted goes on where it stopped, and a run
 * that is there already stays as it is.
 */
export async function fillBatch(services: Needs, id: Id): Promise<void> {
  await using lease = await services.lock.acquire(`batch:${id}`, { ttlMs: LEASE_MS })
  if (!lease) return
  let batch = await services.tables.batches.get(id)
  while (batch && !batch.complete && !batch.cancel_requested && !lease.signal.aborted) batch = await fillSome(services, batch)
}

async function fillSome(services: Needs, batch: Batch): Promise<Batch | undefined> {
  const { tables } = services
  const after = batch.cursor ?? undefined
  const page = await tables.documents.list({ index: 'by_collection', equals: [batch.collection_id, null], limit: AT_A_TIME, after })
  let made = 0
  for (const { _id: document_id, collection_id } of page.rows) {
    const _id = idFor(services.instanceKey, ['batch', batch._id, document_id])
    const { user_id, pipeline, saved_pipeline, webhook_url } = batch
    const inputs = { input: { document_id, version: 0, output: null } }
    const given = { user_id, pipeline, saved_pipeline, webhook_url, inputs, collection_id, document_id }
    const run = newRun(services, { ...given, _id, batch_id: batch._id, priority: 1, idempotency_key: _id })
    made += await insertRun(services, run, () => true).then(() => 1, noneIfGone)
  }
  // Counted when it was cancelled meanwhile as well: they were made.
  return changeRow(tables.batches, batch._id, ({ runs, cursor, cancel_requested }) =>
    cursor === batch.cursor ? { runs: runs + made, cursor: page.next, complete: cancel_requested || page.next === null } : undefined,
  )
}

/** A document that is purged just now has no run. */
function noneIfGone(error: unknown): number {
  if (isImageDocError(error) && error.code === 'NOT_FOUND') return 0
  throw error
}
