import type { Id } from '../records/id.ts'

/** What a process does of the runs. */
export interface RunnerParts {
  /** Takes runs, and sees to it that their pages are done. @default true */
  readonly dispatch?: boolean
  /** Takes pages. @default as many as there are cores and one more; only with workers elsewhere it may be null */
  readonly work?: { readonly concurrency: number; readonly has?: readonly string[] } | null
}

/** What does the runs of this server. */
export interface Runner {
  /** Begins to do what waits, and what another process has left behind. */
  start(parts?: RunnerParts): Promise<AsyncDisposable>
  /** A run waits that did not before. */
  wake(): void
  /** Makes the runs of a batch. */
  fill(batchId: Id): void
  /** Stops a run that is being done, wherever that is. */
  cancel(id: Id): Promise<void>
}
