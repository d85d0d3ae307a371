import {
  type AnyOperation,
  type ImageDoc,
  ImageDocError,
  type PipelineDefinition,
  type RunResult,
  toImageDocError,
  traceOf,
} from '@imagedoc/core'
import { realPaths } from '../outputs/placement.ts'
import { saveOutputs } from '../outputs/save-outputs.ts'
import { isDebugging } from '../report/fault.ts'
import type { Reporter } from '../report/reporter.ts'
import { inParallel } from './in-parallel.ts'
import type { Interruption } from './interruption.ts'
import { errorSummary, type InputSummary, stepSummaries } from './summary.ts'
import { watched } from './watched.ts'
import type { Work } from './work.ts'

export interface Batch {
  readonly imagedoc: ImageDoc<AnyOperation>
  readonly pipeline: PipelineDefinition
  readonly works: readonly Work[]
  readonly reporter: Reporter
  readonly interruption: Pick<Interruption, 'letGo' | 'signal'>
  /** Inputs at a time. */
  readonly jobs: number
  readonly useCache: boolean
  readonly force: boolean
}

/** Makes all runs; one that fails does not keep the others from being made. Gives a summary for each, in order; never throws. */
export async function runBatch(batch: Batch): Promise<InputSummary[]> {
  const inputs = await realPaths(batch.works.flatMap((work) => Object.values(work.paths).flat()))
  return inParallel(batch.works, batch.jobs, async (work) => {
    if (batch.interruption.signal.aborted) return notStarted(work)
    const started = performance.now()
    batch.reporter.started(work.input)
    const summary = await runOne(batch, work, inputs)
    batch.reporter.finished(summary, { ms: performance.now() - started, folder: work.place.shown })
    return summary
  })
}

/** An input that the batch did not come to. */
export function notStarted({ input }: Work, message = 'It was not started.'): InputSummary {
  return { input, status: 'cancelled', outputs: [], steps: [], error: { code: 'CANCELLED', message } }
}

async function runOne(batch: Batch, work: Work, inputs: ReadonlySet<string>): Promise<InputSummary> {
  const { imagedoc, pipeline, reporter, useCache, force } = batch
  const summary: InputSummary = { input: work.input, status: 'failed', outputs: [], steps: [] }
  try {
    const result = await imagedoc.run(pipeline, work.sources, { ...watched(work.input, batch), cache: useCache })
    summary.steps = stepSummaries(result.receipt)
    // What is finished is kept, also of a run that was cancelled or failed further on.
    summary.outputs = await saveOutputs(result, { place: work.place, force, inputs })
    summary.status = result.status
    const error = errorOf(result)
    return error === undefined ? summary : { ...summary, error: errorSummary(error) }
  } catch (error) {
    if (isDebugging()) reporter.trace(traceOf(error))
    const known = toImageDocError(error, 'INTERNAL')
    return { ...summary, status: known.code === 'CANCELLED' ? 'cancelled' : 'failed', error: errorSummary(known) }
  }
}

function errorOf({ status, error }: RunResult): Parameters<typeof errorSummary>[0] | undefined {
  if (error) return error
  if (status === 'cancelled') return new ImageDocError('CANCELLED', 'The work was cancelled.')
  return status === 'failed' ? new ImageDocError('OPERATION_FAILED', 'The run failed.') : undefined
}
