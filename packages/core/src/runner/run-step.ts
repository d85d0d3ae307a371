import { setTimeout as delay } from 'node:timers/promises'
import type { Diagnostic } from '../artifact/diagnostic.ts'
import type { AnyKind } from '../artifact/kind.ts'
import { compose, identity, type Matrix } from '../artifact/matrix.ts'
import type { Sequence } from '../artifact/sequence.ts'
import { abortError, ImageDocError, isImageDocError, throwIfAborted } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'
import { type AnyOperation, dropsProperties, type Result, seesProperties } from '../operation/operation.ts'
import type { SegmentStep } from '../ports/step-runner.ts'
import { type BoundInput, bindInput } from './bind-input.ts'
import { checkOutput, checkSequence, contractError, type OutputCheck } from './check-output.ts'
import { giveBack } from './give-back.ts'
import type { Chain } from './live-value.ts'
import type { SegmentJob } from './segment-job.ts'
import { startClock } from './step-clock.ts'
import { createStepContext, type StepContext } from './step-context.ts'
import { stepError, timeoutError } from './step-error.ts'

/** One step of a job and what it goes on from. */
export interface StepAt {
  readonly job: SegmentJob
  readonly step: SegmentStep
  readonly chain: Chain | undefined
}

/** A step's checked result. */
export type StepResult = { readonly diagnostics: Diagnostic[] } & ({ readonly chain: Chain } | { readonly expansion: OpenSequence })

/** The sequence of an expanding step while it is open. */
export interface OpenSequence {
  readonly sequence: Sequence<unknown>
  readonly check: OutputCheck
  /** Of the whole result; an item's own comes first. */
  readonly matrix: Matrix | null
  /** Not the input itself: a document is not held while its pages are read. */
  readonly bound: Pick<BoundInput, 'matrix' | 'properties' | 'size'>
  readonly diagnostics: Diagnostic[]
  close(): Promise<void>
}

/** Runs a step with its further attempts. @throws the step's error, with its path. */
export async function runStep(at: StepAt): Promise<StepResult> {
  const { job, step } = at
  const fault = job.faults?.[step.id]
  if (fault && (!fault.error.retryable || fault.attempts > step.retries)) throw stepError(ImageDocError.fromJSON(fault.error), step)
  for (let attempt = fault?.attempts ?? 0; ; attempt++) {
    try {
      job.attempt?.(step.id, attempt)
      return await runAttempt(at)
    } catch (error) {
      if (job.hooks.signal.aborted) throw abortError(job.hooks.signal)
      const failure = stepError(error, step)
      if (!failure.retryable || attempt >= step.retries) throw failure
      job.attempt?.(step.id, null)
      await backOff(attempt, failure, job.hooks.signal)
    }
  }
}

/** 200 ms, doubled each time up to 10 s, a fifth of it at random so that many pages do not come back at once; or what the provider asked for. */
async function backOff(attempt: number, failure: ImageDocError, signal: AbortSignal): Promise<void> {
  const asked = (failure.details as { retryAfterMs?: unknown } | undefined)?.retryAfterMs
  const ms = typeof asked === 'number' ? asked : Math.min(10_000, 200 * 2 ** attempt) * (0.9 + Math.random() * 0.2)
  await delay(ms, undefined, { signal }).catch(() => {
    throw abortError(signal)
  })
}

async function runAttempt(at: StepAt): Promise<StepResult> {
  const { job, step } = at
  const clock = startClock(job.hooks.signal, step.timeoutMs, () => timeoutError(step))
  const contexts: StepContext[] = []
  const work = compute(at, clock.signal, contexts)
  try {
    const result = await clock.race(work)
    if ('chain' in result) await clearAway(contexts)
    return result
  } catch (error) {
    if (clock.ended) {
      const settled = work.then(closeExpansion, () => {}).finally(() => clearAway(contexts))
      job.host.abandoned?.(settled)
    } else {
      await clearAway(contexts)
    }
    throw clock.ended ?? error
  } finally {
    clock.stop()
  }
}

const clearAway = async (contexts: readonly StepContext[]): Promise<void> => {
  for (const context of contexts) await context.dispose()
}

async function closeExpansion(result: StepResult): Promise<void> {
  if ('expansion' in result) await result.expansion.close()
}

async function compute(at: StepAt, signal: AbortSignal, contexts: StepContext[]): Promise<StepResult> {
  const { job, step } = at
  const { host, call } = job
  const { operation, plugin } = host.registry.operations.get(step.use) ?? unknown(step)
  const params = parseParams(operation, step)
  const engine = await host.engines.open(operation, step.engine)
  const diagnostics: Diagnostic[] = []
  const many = operation.output.many
  // An item of an expansion has a page id of its own, which only the caller knows.
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(many ? { ...diagnostic, step: step.id } : { page: call.page, ...diagnostic, step: step.id })
  }
  const lifetime = new AbortController()
  const edge = {
    registry: host.registry,
    limits: call.limits,
    signal: many ? lifetime.signal : signal,
    use: step.use,
    params,
    expands: many,
    report,
  }
  if (many) onAbort(signal, () => lifetime.abort(signal.reason))
  const given = await bindInput(step, operation, { call, chain: at.chain, edge })
  const bound = dropsProperties(operation) ? { ...given, properties: () => ({}) } : given
  const properties = seesProperties(operation) ? bound.properties() : {}
  const context = createStepContext(job, { step, signal: edge.signal, engine, properties, between: bound.between, report })
  contexts.push(context)
  throwIfAborted(signal)
  const result: Result<unknown> = await operation.run({ input: bound.input, params, context: context.context })
  const check: OutputCheck = { registry: host.registry, operation, plugin, limits: call.limits }
  if (typeof result !== 'object' || result === null || !('output' in result)) throw contractError(check, 'gave no { output }')
  for (const diagnostic of result.diagnostics ?? []) report(diagnostic)
  if (!many) {
    const chain = toChain(result, bound, checkOutput(result.output, check))
    giveBack(bound.owned, result.output)
    return { diagnostics, chain }
  }
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    lifetime.abort()
    await (result.output as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.()
    await clearAway(contexts)
  }
  const opened = diagnostics.splice(0)
  const sequence = checkSequence(result.output, check)
  return {
    diagnostics: opened,
    expansion: {
      sequence,
      check,
      matrix: result.matrix === undefined ? identity : result.matrix,
      bound: { matrix: bound.matrix, properties: bound.properties, size: bound.size },
      diagnostics,
      close,
    },
  }
}

function toChain(result: Result<unknown>, bound: BoundInput, kind: AnyKind): Chain {
  const own = result.matrix === undefined ? identity : result.matrix
  const matrix = compose(bound.matrix(), own)
  return { live: { kind, value: result.output }, matrix, properties: bound.properties(), size: bound.size() }
}

function parseParams(operation: AnyOperation, step: SegmentStep): unknown {
  const parsed = operation.params.safeParse(step.params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = ['with', ...(issue?.path ?? [])].join('.')
  throw new ImageDocError('INVALID_PIPELINE', `The parameters of "${step.use}" are wrong: ${issue?.message ?? 'see its schema'}.`, { path })
}

function unknown(step: SegmentStep): never {
  throw new ImageDocError('INTERNAL', `No plugin with the operation "${step.use}" is loaded where it should run.`)
}

/** True for what no `onError` may cover up. */
export function isCancelled(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || (isImageDocError(error) && error.code === 'CANCELLED')
}
