import type { PageId } from '../artifact/page-id.ts'
import type { SerialisedError } from '../errors/error.ts'
import type { KeptDiagnostic, StoredArtifact } from './result-cache.ts'

/** Which piece of a run's work: one segment over one page. */
export interface PageWork {
  readonly page: PageId
  /** The step that ends the segment, as the pipeline calls it, and the operation that it uses. */
  readonly step: string
  readonly use: string
  /** The same for the same steps with the same versions, parameters and engines; text of at most 200 characters. */
  readonly segment: string
}

/** What became of it. */
export type PageOutcome =
  /** `exact`: it is what its key says, and may be looked up by its content. */
  | { readonly done: StoredArtifact; readonly exact: boolean }
  | { readonly hole: { readonly step: string; readonly error: SerialisedError } }
  | { readonly error: SerialisedError }

/** An outcome with what is told of the work, so that a run that goes on from it tells the same. */
export interface PageRecord {
  readonly outcome: PageOutcome
  readonly steps: readonly { readonly id: string; readonly ms: number }[]
  /** Of the segment's steps and of those above it, seen from the step that ends it. */
  readonly diagnostics: readonly KeptDiagnostic[]
}

/**
 * The pages of one run beside the cache: who goes on with a run that another process began finds here what that one has done, and here it is decided
 * when a page's turn comes. A rejection of any of them ends the run.
 */
export interface RunPages {
  /** Whether the items of an expansion are written down as well, one by one: for runs whose pages are made in other processes. */
  readonly items: boolean
  /** What is written down of it, perhaps by somebody who does it now. Asked after the cache, before any input is made. Undefined: it is to be done here. */
  find(work: PageWork, signal: AbortSignal): Promise<PageRecord | undefined>
  /** What is written down of it by now; nobody is asked to do it. */
  peek(work: PageWork): Promise<PageRecord | undefined>
  /** Calls `compute` when it is this run's turn; with `network` it waits for a service elsewhere and takes no room here. */
  turn<Value>(
    work: Pick<PageWork, 'page' | 'step'> & { readonly network: boolean },
    compute: () => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value>
  /** Writes down what was done here; `read` gives the bytes of an artifact. */
  record(work: PageWork, record: PageRecord, read: () => Promise<Uint8Array>): Promise<void>
}
