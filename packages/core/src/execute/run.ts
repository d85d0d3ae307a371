import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Limits } from '../artifact/limits.ts'
import { firstPage } from '../artifact/page-id.ts'
import type { Inputs } from '../artifact/source.ts'
import { abortError, ImageDocError, toImageDocError } from '../errors/error.ts'
import type { KeepStep, Plan } from '../plan/plan.ts'
import type { Registry } from '../plugin/registry.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ResultCache } from '../ports/result-cache.ts'
import type { RunPages } from '../ports/run-pages.ts'
import type { StepRunner } from '../ports/step-runner.ts'
import { emitFileHits } from './deliver.ts'
import { driveRun } from './drive.ts'
import { evaluate } from './evaluate.ts'
import { createEventStream, type RunEvent, type RunStatus } from './events.ts'
import { expand, knownExpansion } from './expand.ts'
import { makeReceipt, receiptKeys } from './make-receipt.ts'
import { collectOutputs, type Output } from './outputs.ts'
import type { Receipt } from './receipt.ts'
import { createResults } from './results.ts'
import { initialRunState, type RunState, reduceRun } from './run-state.ts'
import { createItem, type RunScope } from './scope.ts'
import { createWorkClock } from './work-clock.ts'

/** What a run stands on. */
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

/** How a run is watched, stopped and cached. */
export interface RunOptions {
  signal?: AbortSignal
  onEvent?: (event: RunEvent) => void
  /** False: nothing is looked up and nothing is kept. @default true */
  cache?: boolean
  /**
   * Keeps cached results apart: this run finds those of runs with the same scope, and no others. For users who are not to learn from a hit, or from the
   * time that a run takes, that somebody else had the same page. Receipts and `explain` show the same keys with and without. @default shared by all
   */
  cacheScope?: string | undefined
  /** Which steps' results are wanted beside the outputs, of those that an output needs. @default none */
  keep?: KeepStep
  /** Where the run's pages are written down, so that another process can go on with it. @default nowhere */
  pages?: RunPages
}

/** How a run ended. */
export interface RunResult {
  status: RunStatus
  outputs: Record<string, Output>
  /** What `keep` asked for, by step. */
  kept: Record<string, Output>
  receipt: Receipt
  diagnostics: readonly Diagnostic[]
  /** Of the first page that failed, or of the cancel. */
  error?: ImageDocError
}

/** A scope in which keys can be made and steps evaluated. */
export function createScope(
  dependencies: RunDependencies,
  plan: Plan,
  at: {
    inputs: Inputs
    signal: AbortSignal
    caching: boolean
    emit: RunScope['emit']
    cacheScope?: string | undefined
    pages?: RunPages | undefined
    wanted?: RunScope['wanted']
  },
): RunScope {
  const { registry, runner, cache, blobs, scratch, limits, concurrency } = dependencies
  const { inputs, caching, emit, pages, wanted } = at
  const work = createWorkClock(limits.runMs ?? Number.POSITIVE_INFINITY, at.signal)
  const { signal } = work
  const onDiagnostic = (diagnostic: Diagnostic): void => emit({ type: 'diagnostic', diagnostic })
  const rootDomain = plan.pipeline.domains[0]
  if (!rootDomain) throw new ImageDocError('INTERNAL', 'The plan has no root.')
  const scope: RunScope = {
    plan,
    registry,
    runner,
    results: createResults({ cache, blobs, scratch, caching, scope: at.cacheScope, onDiagnostic }),
    pages,
    wanted,
    limits,
    window: concurrency,
    signal,
    scratch,
    sources: inputs,
    inputs: new Map(),
    root: createItem({ domain: rootDomain, parent: null, index: 0, page: firstPage('input'), base: null }),
    pageIndexes: new Map(),
    open: [],
    counted: new Set(),
    told: new Set(),
    diagnosed: new Set(),
    fileHits: [],
    emit,
    work,
    turn: ({ step, chosen }, page, compute) => {
      const timed = () => work.time(compute)
      return pages ? pages.turn({ page, step: step.id, network: chosen?.engine.network === true }, timed, signal) : timed()
    },
    evaluate: (step, item) => evaluate(scope, step, item),
    expand: (step, parent) => expand(scope, step, parent),
    knownExpansion: (step, parent) => knownExpansion(scope, step, parent),
  }
  return scope
}

/** Runs a plan. Resolves however the run ends; what failed is in the result. */
export async function executeRun(
  dependencies: RunDependencies,
  plan: Plan,
  at: { inputs: Inputs; options: RunOptions },
): Promise<RunResult> {
  const { inputs, options } = at
  const startedAt = new Date()
  const began = performance.now()
  let state: RunState = initialRunState
  let firstError: ImageDocError | undefined
  const watch = (event: RunEvent): void => {
    state = reduceRun(state, event)
    if (event.type === 'page-failed') firstError ??= ImageDocError.fromJSON(event.error)
  }
  const events = createEventStream(options.onEvent ? [watch, options.onEvent] : [watch])
  const signal = options.signal ?? new AbortController().signal
  const scope = createScope(dependencies, plan, {
    inputs,
    signal,
    caching: options.cache !== false,
    cacheScope: options.cacheScope,
    emit: events.emit,
    pages: options.pages,
  })
  const { definition, steps } = plan.pipeline
  events.emit({
    type: 'run-started',
    pipeline: definition.name ?? null,
    steps: steps.map((step) => ({ id: step.id, use: step.operation.name })),
  })
  const stopped = await untilDone(scope)
  emitFileHits(scope)
  const { outputs, kept } = await collectOutputs(scope, stopped === undefined ? undefined : CLOSE_MS)
  await closeRun(scope, stopped !== undefined)
  // The signal may have come when all was done but the receipt.
  const cancelled = signal.aborted ? abortError(signal) : undefined
  const error = stopped ?? cancelled ?? outputError(outputs) ?? firstError
  const status = statusOf({ cancelled: signal.aborted, error, state, outputs })
  // Making keys may look into the cache, which is an event too.
  const keys = await receiptKeys(scope)
  events.emit({
    type: 'run-ended',
    status,
    // Not by the time of day, which may be set meanwhile.
    ms: Math.round(performance.now() - began),
    ...(error && status !== 'done' && status !== 'partial' ? { error: error.toJSON() } : {}),
  })
  const receipt = await makeReceipt(scope, { state, keys, status, outputs, startedAt, versions: dependencies.versions })
  return {
    status,
    outputs,
    kept,
    receipt,
    diagnostics: state.diagnostics,
    ...(error && status !== 'done' && status !== 'partial' ? { error } : {}),
  }
}

/** Drives the run to its end, or to its cancellation: what cannot be stopped goes on unseen, and its result is dropped. */
async function untilDone(scope: RunScope): Promise<ImageDocError | undefined> {
  const { signal } = scope
  let stop: (() => void) | undefined
  const aborted = new Promise<ImageDocError>((resolve) => {
    stop = () => resolve(abortError(signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  const work = driveRun(scope).then(
    () => undefined,
    (error) => (signal.aborted ? abortError(signal) : toImageDocError(error, 'INTERNAL')),
  )
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}

/** Longest that a cancelled run waits for results that are being written. */
const CLOSE_MS = 300

/** Lets go of what the run holds open. */
export async function closeRun(scope: RunScope, stopped: boolean): Promise<void> {
  scope.work[Symbol.dispose]()
  const closing = Promise.allSettled([scope.results.settle(), ...scope.open.map((expansion) => expansion[Symbol.asyncDispose]())])
  await (stopped ? Promise.race([closing, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]) : closing)
}

function outputError(outputs: Record<string, Output>): ImageDocError | undefined {
  for (const output of Object.values(outputs)) {
    const failed = output.entries().find((entry) => entry.error)
    if (failed?.error) return failed.error
  }
  return undefined
}

function statusOf({
  cancelled,
  error,
  state,
  outputs,
}: {
  cancelled: boolean
  error: ImageDocError | undefined
  state: RunState
  outputs: Record<string, Output>
}): RunStatus {
  if (cancelled) return 'cancelled'
  if (error) return 'failed'
  const skipped = state.steps.some((step) => step.pages.skipped > 0)
  const holes = Object.values(outputs).some((output) => output.entries().some((entry) => entry.hole !== undefined))
  return skipped || holes ? 'partial' : 'done'
}
