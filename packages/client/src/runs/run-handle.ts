import { type ErrorCode, errorCodes, ImageDocError, isImageDocError } from '@imagedoc/core/errors'
import type { Calls } from '../calls/calls.ts'
import type { Connection } from '../connection.ts'
import { followRun } from './follow.ts'
import { polled } from './poll.ts'
import type { RunHandle, RunResult, ServerRun, ServerVersion, WaitOptions } from './run-types.ts'

/** What handles work with. */
export interface RunNeeds {
  readonly connection: Connection
  readonly calls: Pick<Calls, 'runs' | 'documents'>
}

export function createRunHandle(needs: RunNeeds, id: Promise<string>): RunHandle {
  return {
    id,
    async *events(options) {
      yield* followRun(needs.connection, await id, options)
    },
    async result(options = {}) {
      const run = await ended(needs, await id, options)
      return resultOf(needs, run, options)
    },
    cancel: async () => needs.calls.runs.cancel({ id: await id }),
  }
}

/** Told by its events; where these do not come through, a proxy that keeps streams back for example, the run itself is asked. */
async function ended({ connection, calls }: RunNeeds, id: string, { signal }: WaitOptions): Promise<ServerRun> {
  try {
    for await (const _message of followRun(connection, id, { signal }));
  } catch (error) {
    if (signal?.aborted || !(isImageDocError(error) && error.retryable)) throw error
  }
  for await (const run of polled(() => calls.runs.get({ id }, signal ? { signal } : {}), { signal })) if (isEnded(run)) return run
  throw new ImageDocError('INTERNAL', 'A run was asked for until it had ended, and has not.')
}

function isEnded({ state }: ServerRun): boolean {
  return state !== 'queued' && state !== 'running'
}

async function resultOf(needs: RunNeeds, run: ServerRun, options: WaitOptions): Promise<RunResult> {
  if (run.state === 'cancelled') throw failureOf(run, 'CANCELLED', 'The run was cancelled.')
  if (run.state === 'failed' || run.document_id === null || run.result_version === null)
    throw failureOf(run, 'OPERATION_FAILED', 'The run failed.')
  const { document_id, result_version } = run
  const version = await versionOf(needs, { document_id, number: result_version }, options)
  const outputs = version.outputs.map((output) => ({ version: version.number, ...output }))
  return { run: { ...run, document_id }, version, outputs }
}

/** The run's error, with the run's id in its details. */
function failureOf({ id, error }: ServerRun, fallback: ErrorCode, message: string): ImageDocError {
  const code = error && Object.hasOwn(errorCodes, error.code) ? (error.code as ErrorCode) : fallback
  return new ImageDocError(code, error?.message ?? message, {
    details: { run: id },
    ...(error?.path === undefined ? {} : { path: error.path }),
  })
}

async function versionOf(
  { calls }: RunNeeds,
  { document_id, number }: { document_id: string; number: number },
  { signal }: WaitOptions,
): Promise<ServerVersion> {
  let after: string | undefined
  do {
    const { items, next } = await calls.documents.versions.list({ id: document_id, after }, signal ? { signal } : {})
    const found = items.find((item) => item.number === number)
    if (found) return found
    after = next ?? undefined
  } while (after !== undefined)
  throw new ImageDocError('NOT_FOUND', 'The version that the run made is gone.', { details: { document_id, version: number } })
}
