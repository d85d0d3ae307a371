import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'

type Chosen = 'user_id' | 'collection_id' | 'inputs' | 'pipeline' | 'saved_pipeline' | 'priority' | 'idempotency_key'

/** A run as it begins: it waits. */
export function newRun(
  { now }: Pick<Services, 'now'>,
  { webhook_url, ...given }: Pick<Run, '_id' | Chosen> & Partial<Run> & { webhook_url: string | null },
): Run {
  return {
    revision: 0,
    created_at: now(),
    batch_id: null,
    document_id: null,
    version: 0,
    gather: false,
    title: null,
    state: 'queued',
    attempt: 0,
    cancel_requested: false,
    retry_of: null,
    pages: { total: null, done: 0, failed: 0 },
    steps: [],
    error: null,
    result_version: null,
    webhook: webhook_url === null ? null : { url: webhook_url, state: 'waiting', attempts: 0, next_at: null },
    started_at: null,
    ended_at: null,
    ...given,
  }
}
