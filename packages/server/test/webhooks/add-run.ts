import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import type { Services } from '../../src/services.ts'

/** A run that has ended, put straight into the tables. */
export async function addEndedRun({ tables }: Pick<Services, 'tables'>, change: Partial<Run> = {}): Promise<Run> {
  const run: Run = {
    _id: newId(),
    revision: 0,
    created_at: new Date('2026-11-25T11:00:00Z'),
    user_id: newId(),
    batch_id: null,
    document_id: newId(),
    collection_id: newId(),
    version: 0,
    inputs: {},
    gather: false,
    title: null,
    pipeline: { version: 1, steps: [{ use: 'image.blur' }] },
    saved_pipeline: null,
    priority: 0,
    state: 'done',
    attempt: 1,
    cancel_requested: false,
    retry_of: null,
    idempotency_key: newId(),
    pages: { total: 1, done: 1, failed: 0 },
    steps: [],
    error: null,
    result_version: 1,
    webhook: null,
    started_at: new Date('2026-11-25T11:00:01Z'),
    ended_at: new Date('2026-11-25T11:59:59Z'),
    ...change,
  }
  await tables.runs.insert(run)
  return run
}
