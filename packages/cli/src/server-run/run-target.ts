import type { RunHandle, ServerRun } from '@imagedoc/client'
import { ImageDocError, toImageDocError } from '@imagedoc/core'
import { errorSummary, type InputSummary, stepSummaries } from '../batch/summary.ts'
import type { Place } from '../outputs/placement.ts'
import type { Reporter } from '../report/reporter.ts'
import type { Client } from '../server/connect.ts'
import type { OpenRuns } from './open-runs.ts'
import { saveVersion } from './save-version.ts'
import { watchRun } from './watch-run.ts'

/** One run that is to be made, or that is there and is to be watched. */
export interface Target {
  /** As the reporter shows it: each its own. */
  readonly input: string
  /** Where its files go; undefined when they stay at the server. */
  readonly place: Place | undefined
  readonly handle: () => RunHandle
  /** Part of a batch: it is there, and an interrupted command looks what became of it. */
  readonly isStarted?: boolean
  /** Why there is nothing to run. */
  readonly failure?: InputSummary
}

export interface Tools {
  readonly client: Client
  readonly reporter: Reporter
  readonly open: OpenRuns
  readonly signal: AbortSignal
  readonly force: boolean
  /** Real paths of the uploaded files. */
  readonly inputs: ReadonlySet<string>
}

/** Runs one, and brings its files. Never throws. */
export async function runTarget(target: Target, tools: Tools): Promise<InputSummary> {
  const { reporter, signal } = tools
  const { input, place, failure, isStarted } = target
  if (!failure && !isStarted && signal.aborted)
    return { input, status: 'cancelled', outputs: [], steps: [], error: { code: 'CANCELLED', message: 'It was not started.' } }
  const started = performance.now()
  reporter.started(input)
  const summary = failure ?? (await summaryOf(target, tools))
  reporter.finished(summary, { ms: performance.now() - started, folder: place?.shown ?? '' })
  return summary
}

async function summaryOf(target: Target, tools: Tools): Promise<InputSummary> {
  const { input, place, handle } = target
  const { client, reporter, signal, force, inputs } = tools
  const summary: InputSummary = { input, status: 'failed', outputs: [], steps: [] }
  try {
    const run = await watchRun(handle(), { ...tools, onMessage: (message) => reporter.event(input, message) })
    Object.assign(summary, fieldsOf(run))
    const { document, version } = summary
    if (document === undefined || version === undefined || place === undefined) return summary
    summary.outputs = await saveVersion(client, { document, version, place, force, inputs, signal })
    return summary
  } catch (caught) {
    const error = toImageDocError(caught, 'INTERNAL')
    return { ...summary, status: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: errorSummary(error) }
  }
}

function fieldsOf(run: ServerRun): Partial<InputSummary> {
  const { id, state, document_id, result_version, result_is_new, error } = run
  if (state === 'queued' || state === 'running') throw new ImageDocError('INTERNAL', `The run ${id} was followed to its end, and has none.`)
  return {
    status: state,
    run: id,
    steps: stepSummaries(run as Parameters<typeof stepSummaries>[0]),
    ...(document_id === null ? {} : { document: document_id }),
    ...(result_version === null ? {} : { version: result_version }),
    ...(result_is_new === false ? { versionIsNew: false } : {}),
    ...errorOf(state, error),
  }
}

function errorOf(state: ServerRun['state'], error: ServerRun['error']): Pick<InputSummary, 'error'> {
  if (error) return { error: errorSummary({ ...error, code: error.code as ImageDocError['code'], path: error.path }) }
  if (state === 'cancelled') return { error: { code: 'CANCELLED', message: 'The run was cancelled.' } }
  return state === 'failed' ? { error: { code: 'OPERATION_FAILED', message: 'The run failed.' } } : {}
}
