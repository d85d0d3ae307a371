import { markFresh } from '../artifact/fresh-bytes.ts'
import { compose, type Matrix } from '../artifact/matrix.ts'
import { type ImageDocError, isImageDocError } from '../errors/error.ts'
import { pageItemExtra } from '../operation/page-item.ts'
import type { ItemResult, OpenExpansion, SegmentResult, SegmentStep, SegmentValue } from '../ports/step-runner.ts'
import { checkOutput, contractError } from './check-output.ts'
import { type Executed, executeSteps, finish } from './execute-segment.ts'
import { handedOn } from './known-bytes.ts'
import type { Chain } from './live-value.ts'
import type { OpenSequence } from './run-step.ts'
import type { SegmentJob } from './segment-job.ts'
import { startClock } from './step-clock.ts'
import { stepError, timeoutError } from './step-error.ts'

/**
 * Runs a segment in this thread up to its last step's sequence, which stays open.
 * @throws the failed step's error, with its path; CANCELLED.
 */
export async function executeExpansion(job: SegmentJob): Promise<OpenExpansion> {
  const { end, ...log } = await executeSteps(job)
  if ('hole' in end) return singleItem(log, { hole: end.hole })
  if ('chain' in end) return singleItem(log, { value: await finish(end.chain, job) })
  const { expansion } = end
  return {
    ...log,
    length: expansion.sequence.length,
    at: (index, hooks) => takeItem(expansion, index, { ...job, hooks }),
    [Symbol.asyncDispose]: () => expansion.close(),
  }
}

function singleItem(log: Omit<Executed, 'end'>, end: { value: SegmentValue } | Extract<Executed['end'], { hole: unknown }>): OpenExpansion {
  return { ...log, length: 1, at: async () => ({ steps: [], diagnostics: [], ...end }), async [Symbol.asyncDispose]() {} }
}

async function takeItem(expansion: OpenSequence, index: number, job: SegmentJob): Promise<ItemResult> {
  const step = job.call.steps.at(-1) as SegmentStep
  const started = performance.now()
  job.hooks.started?.(step.id)
  job.attempt?.(step.id, 0)
  const clock = startClock(job.hooks.signal, step.timeoutMs, () => timeoutError(step))
  const done = (outcome: 'done' | 'skipped') => [{ id: step.id, ms: performance.now() - started, outcome }]
  const work = readItem(expansion, index, job)
  try {
    const { chain, diagnostics, movable } = await clock.race(work)
    const kept = await handedOn(chain, job.call)
    if (kept) return { steps: done('done'), diagnostics, kept }
    const value = await finish(chain, job)
    if (movable) markFresh(value.bytes)
    return { steps: done('done'), diagnostics, value }
  } catch (error) {
    if (clock.ended) job.host.abandoned?.(work.catch(() => {}))
    const failure = clock.ended ?? itemError(error, step)
    // An item cannot be passed over: its input is the whole document.
    if (step.onError !== 'skip' || failure.code === 'CANCELLED' || job.hooks.signal.aborted) throw failure
    return { steps: done('skipped'), diagnostics: [], hole: { step: step.id, error: failure } }
  } finally {
    clock.stop()
  }
}

function itemError(error: unknown, step: SegmentStep): ImageDocError {
  // Asking for an item that is not there is the caller's mistake, and no failure of the step.
  return isImageDocError(error) && error.code === 'NOT_FOUND' ? error : stepError(error, step)
}

async function readItem(
  expansion: OpenSequence,
  index: number,
  job: SegmentJob,
): Promise<{ chain: Chain; diagnostics: SegmentResult['diagnostics']; movable: boolean }> {
  const { sequence, check, bound, diagnostics: reported } = expansion
  if (!sequence.has(index) && index >= 0 && index < sequence.length) {
    throw contractError(check, `left out item ${index} of its sequence`)
  }
  const value = await sequence.at(index)
  const kind = checkOutput(value, check)
  const extra = pageItemExtra(value)
  const own: Matrix | null = extra.matrix === undefined ? expansion.matrix : extra.matrix
  const step = (job.call.steps.at(-1) as SegmentStep).id
  const diagnostics = [...reported.splice(0), ...(extra.diagnostics ?? [])].map((diagnostic) => ({ ...diagnostic, step }))
  const size = bound.size() ?? extra.size
  const chain = { live: { kind, value }, matrix: compose(bound.matrix(), own), properties: bound.properties(), size }
  return { chain, diagnostics, movable: extra.movable === true }
}
