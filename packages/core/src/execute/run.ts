import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { Inputs } from '../artifact/source.ts'
import { abortError, ImageDocError, toImageDocError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'
import type { KeepStep, Plan } from '../plan/plan.ts'
import type { RunPages } from '../ports/run-pages.ts'
import { CLOSE_MS, closeContext, createContext, type RunContext, type RunDependencies } from './context.ts'
import { driveRun } from './drive.ts'
import { createEventStream, type RunEvent, type RunStatus } from './events.ts'
import type { StepFailure } from './failure.ts'
import { makeReceipt, receiptKeys } from './make-receipt.ts'
import { collectOutputs, type Output } from './outputs.ts'
import type { Receipt } from './receipt.ts'
import { initialRunState, type RunState, reduceRun } from './run-state.ts'

/** How a run is watched, stopped and cached. */
export interface RunOptions {
  signal?: AbortSignal
  onEvent?: (event: RunEvent) => void
  /** Told of every step that failed on a page, skipped and passed over ones too, with the stack of what was thrown. */
  onFailure?: (failure: StepFailure) => void
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
  const run = createContext(dependencies, plan, {
    inputs,
    signal,
    caching: options.cache !== false,
    cacheScope: options.cacheScope,
    emit: events.emit,
    pages: options.pages,
    onFailure: options.onFailure,
  })
  const { definition, steps } = plan.pipeline
  events.emit({
    type: 'run-started',
    pipeline: definition.name ?? null,
    steps: steps.map((step) => ({ id: step.id, use: step.operation.name })),
  })
  const stopped = await untilDone(run)
  run.tally.settleHits()
  const { outputs, kept } = await collectOutputs(run, stopped === undefined ? undefined : CLOSE_MS)
  await closeContext(run, { stopped: stopped !== undefined })
  // The signal may have come when all was done but the receipt.
  const cancelled = signal.aborted ? abortError(signal) : undefined
  const error = stopped ?? cancelled ?? outputError(outputs) ?? firstError
  const status = statusOf({ cancelled: signal.aborted, error, state, outputs })
  // Making keys may look into the cache, which is an event too.
  const keys = await receiptKeys(run)
  events.emit({
    type: 'run-ended',
    status,
    // Not by the time of day, which may be set meanwhile.
    ms: Math.round(performance.now() - began),
    ...(error && status !== 'done' && status !== 'partial' ? { error: error.toJSON() } : {}),
  })
  const receipt = await makeReceipt(run, { state, keys, status, outputs, startedAt, versions: dependencies.versions })
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
async function untilDone(run: RunContext): Promise<ImageDocError | undefined> {
  const { signal } = run
  const aborted = Promise.withResolvers<ImageDocError>()
  const stopListening = onAbort(signal, () => aborted.resolve(abortError(signal)))
  const work = driveRun(run).then(
    () => undefined,
    (error) => (signal.aborted ? abortError(signal) : toImageDocError(error, 'INTERNAL')),
  )
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    stopListening()
  }
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
