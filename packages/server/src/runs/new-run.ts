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
    retry_of: null,
    ...notBegun(webhook_url),
    ...given,
  }
}

/** What a run's row says before it has begun. */
export function notBegun(webhookUrl: string | null) {
  return {
    state: 'queued',
    attempt: 0,
    cancel_requested: false,
    pages: { total: null, done: 0, failed: 0 },
    steps: [],
    error: null,
    result_version: null,
    webhook: webhookUrl === null ? null : { url: webhookUrl, state: 'waiting', attempts: 0, next_at: null },
    started_at: null,
    ended_at: null,
  } as const satisfies Partial<Run>
}
