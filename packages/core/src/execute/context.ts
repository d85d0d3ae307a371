import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Limits } from '../artifact/limits.ts'
import { pageOf } from '../artifact/page-id.ts'
import type { Inputs } from '../artifact/source.ts'
import { ImageDocError } from '../errors/error.ts'
import type { Domain } from '../pipeline/compiled.ts'
import type { Plan } from '../plan/plan.ts'
import type { Registry } from '../plugin/registry.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ResultCache } from '../ports/result-cache.ts'
import type { RunPages } from '../ports/run-pages.ts'
import type { StepRunner } from '../ports/step-runner.ts'
import type { RunEventBody } from './events.ts'
import type { StepFailure } from './failure.ts'
import { createItem, type Item } from './item.ts'
import { createResults, type Results } from './results.ts'
import type { PageIndex } from './take-sequences.ts'
import { createTally, type Tally } from './tally.ts'
import { createWorkClock, type WorkClock } from './work-clock.ts'

/** What every run of an ImageDoc stands on. */
export interface RunDependencies {
  registry: Registry
  runner: StepRunner
  cache: ResultCache
  blobs: BlobStore
  scratch: () => Promise<BlobStore>
  limits: Limits
  concurrency: number
  versions: Readonly<Record<string, string>>
}

/** One piece of a run, as its record of pages calls it. */
export interface WantedPiece {
  readonly segment: string
  readonly page: string
}

/** What one run works with. Nothing of it is replaced while the run goes on; what is known of its pages hangs on `root`. */
export interface RunContext extends Pick<RunDependencies, 'registry' | 'runner' | 'limits' | 'scratch'> {
  readonly plan: Plan
  readonly inputs: Inputs
  /** Pages in flight. */
  readonly window: number
  readonly signal: AbortSignal
  readonly results: Results
  /** Where the run's pages are written down beside the cache. */
  readonly pages: RunPages | undefined
  /** Only this piece is done, for somebody who waits for its record. */
  readonly wanted: WantedPiece | undefined
  readonly root: Item
  /** The items by page id of each domain that pages of another are joined with. */
  readonly pageIndexes: Map<Domain, Promise<PageIndex>>
  readonly tally: Tally
  /** How long the run's pieces are worked on. */
  readonly work: WorkClock
  /** Closed when the run ends. */
  readonly open: AsyncDisposable[]
}

export interface ContextOptions {
  inputs: Inputs
  signal: AbortSignal
  caching: boolean
  cacheScope?: string | undefined
  emit(event: RunEventBody): void
  pages?: RunPages | undefined
  wanted?: WantedPiece | undefined
  onFailure?: ((failure: StepFailure) => void) | undefined
}

export function createContext(dependencies: RunDependencies, plan: Plan, options: ContextOptions): RunContext {
  const { registry, runner, cache, blobs, scratch, limits, concurrency: window } = dependencies
  const { inputs, caching, cacheScope: scope, emit, pages, wanted, onFailure = () => undefined } = options
  const [domain] = plan.pipeline.domains
  if (!domain) throw new ImageDocError('INTERNAL', 'The plan has no root.')
  const work = createWorkClock(limits.runMs ?? Number.POSITIVE_INFINITY, options.signal)
  const onDiagnostic = (diagnostic: Diagnostic): void => emit({ type: 'diagnostic', diagnostic })
  return {
    plan,
    inputs,
    registry,
    runner,
    limits,
    scratch,
    window,
    signal: work.signal,
    results: createResults({ cache, blobs, scratch, caching, scope, onDiagnostic }),
    pages,
    wanted,
    root: createItem({ domain, parent: null, index: 0, total: 1, page: pageOf(null) }),
    pageIndexes: new Map(),
    tally: createTally({ emit, onFailure }),
    work,
    open: [],
  }
}

/** Longest that a cancelled run waits for results that are being written. */
export const CLOSE_MS = 300

/** Lets go of what a run holds open. */
export async function closeContext({ work, results, open }: RunContext, { stopped }: { stopped: boolean }): Promise<void> {
  work[Symbol.dispose]()
  const closing = Promise.allSettled([results.settle(), ...open.map((expansion) => expansion[Symbol.asyncDispose]())])
  await (stopped ? Promise.race([closing, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]) : closing)
}
