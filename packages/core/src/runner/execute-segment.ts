import type { Diagnostic } from '../artifact/diagnostic.ts'
import { ImageDocError } from '../errors/error.ts'
import type { SegmentResult, SegmentStep } from '../ports/step-runner.ts'
import { chainInto } from './bind-input.ts'
import { type Chain, toSegmentValue } from './live-value.ts'
import { isCancelled, type OpenSequence, runStep, type StepAt, type StepResult } from './run-step.ts'
import type { SegmentJob } from './segment-job.ts'
import { stepError } from './step-error.ts'

/** Where a run through the steps of a segment ended. */
export interface Executed {
  readonly steps: SegmentResult['steps'][number][]
  readonly diagnostics: Diagnostic[]
  readonly end: { readonly chain: Chain } | { readonly expansion: OpenSequence } | { readonly hole: { step: string; error: ImageDocError } }
}

/**
 * Runs a segment in this thread and gives its last value.
 * @throws the failed step's error, with its path; CANCELLED.
 */
export async function executeSegment(job: SegmentJob): Promise<SegmentResult> {
  const { steps, diagnostics, end } = await executeSteps(job)
  if ('hole' in end) return { steps, diagnostics, hole: end.hole }
  if ('expansion' in end) {
    await end.expansion.close()
    throw new ImageDocError('INTERNAL', 'A segment whose last step expands must be opened, not run.')
  }
  return { steps, diagnostics, value: await finish(end.chain, job) }
}

/** The chain's bytes. A value that cannot become bytes is the last step's fault. */
export async function finish(chain: Chain, job: SegmentJob): Promise<Extract<SegmentResult, { value: unknown }>['value']> {
  try {
    return await toSegmentValue(chain, job.hooks.signal)
  } catch (error) {
    throw stepError(error, job.call.steps.at(-1) as SegmentStep)
  }
}

/** The steps one after the other, each with its `onError`. */
export async function executeSteps(job: SegmentJob): Promise<Executed> {
  const steps: Executed['steps'] = []
  const diagnostics: Diagnostic[] = []
  let chain: Chain | undefined
  for (const step of job.call.steps) {
    const started = performance.now()
    const done = (outcome: 'done' | 'passed' | 'skipped', error?: ImageDocError): void => {
      steps.push({ id: step.id, ms: performance.now() - started, outcome, ...(error && { error }) })
    }
    job.hooks.started?.(step.id)
    let result: StepResult
    try {
      result = await runStep({ job, step, chain })
    } catch (error) {
      if (step.onError === 'fail' || isCancelled(error, job.hooks.signal)) throw error
      const failure = error as ImageDocError
      if (step.onError === 'skip') done('skipped')
      else done('passed', failure)
      if (step.onError === 'skip') return { steps, diagnostics, end: { hole: { step: step.id, error: failure } } }
      chain = passOver({ job, step, chain }, failure)
      diagnostics.push(passedOver(job, step, failure))
      continue
    }
    done('done')
    diagnostics.push(...result.diagnostics)
    if ('expansion' in result) return { steps, diagnostics, end: { expansion: result.expansion } }
    chain = result.chain
  }
  if (!chain) throw new ImageDocError('INTERNAL', 'A segment needs at least one step.')
  return { steps, diagnostics, end: { chain } }
}

/** What the step was given goes on in its place. A sequence has no such value, so there the failure stays one. */
function passOver({ job, step, chain }: StepAt, failure: ImageDocError): Chain {
  const before = chainInto(step, job.call, chain)
  if (!before) throw failure
  return before
}

function passedOver(job: SegmentJob, step: SegmentStep, failure: ImageDocError): Diagnostic {
  return {
    code: 'STEP_PASSED',
    severity: 'warning',
    message: `"${step.use}" failed and was passed over: ${failure.message}`,
    page: job.call.page,
    step: step.id,
    details: { code: failure.code },
  }
}
