import type {
  Descriptor,
  Diagnostic,
  Json,
  KeptDiagnostic,
  Matrix,
  OriginalSize,
  PipelineDefinition,
  RunStatus,
  SerialisedError,
  Stored,
  TableDefinition,
} from '@imagedoc/core'
import type { Id } from './id.ts'

/** A document's original (version 0), or an output of one of its versions; `output` may be left out (null) where a version has one. */
export interface RunInput {
  readonly document_id: Id
  readonly version: number
  readonly output: string | null
}

/** What is sent to an address of the caller's when the run has ended. */
export interface Webhook {
  readonly url: string
  readonly state: 'waiting' | 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  /** When it is to be tried next; null when not. */
  readonly next_at: Date | null
}

/** One step of a run that has ended, from its receipt. */
export interface RunStep {
  readonly id: string
  readonly use: string
  /** Empty when it was not known. */
  readonly key: string
  readonly cache: 'hit' | 'miss' | 'mixed' | 'unused'
  readonly pages: {
    readonly hit: number
    readonly miss: number
    readonly skipped: number
    readonly failed: number
    readonly passed?: number
  }
  readonly ms: number
  /** What the results that came from the cache took when they were made. */
  readonly saved_ms: number
  /** The first hundred, of all steps the first thousand; long ones are cut. */
  readonly diagnostics: readonly Diagnostic[]
}

/** `queued` -> `running` -> one of the four that end it, which never change again. */
export type RunState = 'queued' | 'running' | RunStatus

/** One execution of a pipeline over a document; with `gather`, over a collection into a new one. */
export interface Run extends Stored {
  readonly user_id: Id
  readonly batch_id: Id | null
  /** Null for a gathered run until its document is made. */
  readonly document_id: Id | null
  /** Where the document is, or where a gathered run's will be. */
  readonly collection_id: Id
  /** Which version of the document it reads. */
  readonly version: number
  /** Of the pipeline's inputs by name; `input` is the document. A list is read as one sequence. */
  readonly inputs: Readonly<Record<string, RunInput | readonly RunInput[]>>
  readonly gather: boolean
  /** Title of a gathered run's document. */
  readonly title: string | null
  readonly pipeline: PipelineDefinition
  /** The saved pipeline that it was started with. */
  readonly saved_pipeline: { readonly id: Id; readonly number: number } | null
  /** 0: somebody waits for it; 1: part of a batch. */
  readonly priority: 0 | 1
  readonly state: RunState
  /** One more each time a process takes it. What an earlier one still writes is refused. */
  readonly attempt: number
  readonly cancel_requested: boolean
  readonly retry_of: Id | null
  readonly idempotency_key: string
  readonly pages: { readonly total: number | null; readonly done: number; readonly failed: number }
  readonly steps: readonly RunStep[]
  readonly error: SerialisedError | null
  /** Number of the version that it made; where what it made was the current version's, that one's. */
  readonly result_version: number | null
  /** False where it made no version of its own; not there in rows of servers that always made one. */
  readonly result_is_new?: boolean
  readonly webhook: Webhook | null
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

export const runs: TableDefinition<Run> = {
  name: 'runs',
  indexes: {
    by_state: { fields: ['state', 'priority', 'user_id', 'created_at'] },
    by_user: { fields: ['user_id', 'created_at'] },
    by_user_state: { fields: ['user_id', 'state', 'created_at'] },
    by_document: { fields: ['document_id', 'created_at'] },
    by_collection: { fields: ['collection_id', 'created_at'] },
    by_batch: { fields: ['batch_id', 'state', 'created_at'] },
    by_webhook: { fields: ['webhook.state', 'webhook.next_at'] },
  },
}

/** A collection's run: one run per document. Its state is derived from theirs. */
export interface Batch extends Stored {
  readonly user_id: Id
  readonly collection_id: Id
  readonly pipeline: PipelineDefinition
  readonly saved_pipeline: { readonly id: Id; readonly number: number } | null
  readonly webhook_url: string | null
  readonly idempotency_key: string
  /** How many were made so far. */
  readonly runs: number
  /** The last document that has its run; null when none has yet. */
  readonly cursor: string | null
  /** False while runs are still being made of it. */
  readonly complete: boolean
  readonly cancel_requested: boolean
}

export const batches: TableDefinition<Batch> = {
  name: 'batches',
  indexes: {
    by_user: { fields: ['user_id', 'created_at'] },
    by_collection: { fields: ['collection_id', 'created_at'] },
    by_complete: { fields: ['complete', 'created_at'] },
  },
}

/** A result as it is held for a run: bytes by descriptor, in `objects`. */
export interface HeldArtifact {
  readonly kind: string
  readonly meta: Json
  readonly matrix: Matrix | null
  readonly descriptor: Descriptor
  readonly properties: Readonly<Record<string, Json>>
  readonly size?: OriginalSize
}

export type PageOutcome =
  | { readonly done: HeldArtifact; readonly exact: boolean }
  | { readonly hole: { readonly step: string; readonly error: SerialisedError } }
  | { readonly error: SerialisedError }

/**
 * What became of one segment on one page: the truth of a run's work, from which whoever takes the run over goes on. The row also holds its blob, until
 * the run has ended.
 */
export interface RunPage extends Stored {
  readonly run_id: Id
  readonly attempt: number
  /** As `formatPageId` writes it; rows of earlier servers have `input/position/page/part`. */
  readonly page: string
  /** The step that ends the segment, and a few digits of what it runs with. */
  readonly segment: string
  readonly outcome: PageOutcome
  /** Digest of the blob that the row holds. */
  readonly blob: Descriptor['digest'] | null
  /** What the segment's steps took. */
  readonly steps: readonly { readonly id: string; readonly ms: number }[]
  readonly diagnostics: readonly KeptDiagnostic[]
}

export const runPages: TableDefinition<RunPage> = {
  name: 'run_pages',
  indexes: {
    by_run: { fields: ['run_id', 'page'] },
    by_blob: { fields: ['blob'] },
  },
}

/**
 * A page that is at work in a process: written before its work and deleted after it. What is still there when another process comes to the page was at
 * work when the first one died.
 */
export interface BegunPage extends Stored {
  readonly run_id: Id
  /** Which process, by an id that it gave itself. */
  readonly process: Id
  /** How often the page was begun without coming to an end. */
  readonly times: number
}

export const begunPages: TableDefinition<BegunPage> = {
  name: 'begun_pages',
  indexes: { by_run: { fields: ['run_id', 'created_at'] } },
}
