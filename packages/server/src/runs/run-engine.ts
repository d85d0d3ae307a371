import {
  ImageDocError,
  initialRunState,
  isImageDocError,
  type RunEvent,
  type RunPages,
  type RunResult,
  type RunState,
  reduceRun,
  toImageDocError,
  traceOf,
} from '@imagedoc/core'
import { cacheScopeOfRun } from '../cache-scope.ts'
import { logFailure } from '../logging/log-failure.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import { limitsForUsers } from '../settings/limits-for-users.ts'
import { assertOurs, claimRun, type Ending, endRun, isEnded, isOurs } from './claim.ts'
import { makeGathered } from './gather.ts'
import { givesLayout } from './gives-layout.ts'
import { dropPages } from './held-pages.ts'
import { holdResult, readReceipt } from './hold-result.ts'
import { pagesOf, stepsOf } from './progress.ts'
import { type Needs as Publishing, publishVersion, removeUnpublished } from './publish.ts'
import { openInputs } from './run-inputs.ts'
import { assertMayBegin, assertMayWrite } from './run-rights.ts'

export type Needs = Publishing &
  Pick<Services, 'begunPages' | 'imagedoc' | 'log' | 'room' | 'runEvents' | 'settings' | 'tracing' | 'usage' | 'webhooks'>

export interface RunEngine {
  /** Does a run to its end. Undefined when another process has it, or it is given back unfinished: aborted, or its lease lost. */
  execute(id: Id, signals: { cancelled: AbortSignal; stopping: AbortSignal }): Promise<Run | undefined>
}

/** @param pagesOfRun where a run's pages are written down, and by whom they are computed */
export function createRunEngine(services: Needs, pagesOfRun: (run: Run) => RunPages): RunEngine {
  return {
    async execute(id, { cancelled, stopping }) {
      const claim = await claimRun(services, id)
      if (!claim) return undefined
      await using lease = claim.lease
      const lost = AbortSignal.any([stopping, lease.signal])
      const ending = await endingOf(services, claim.run, { pagesOfRun, cancelled, lost })
      const ended = ending && (await endRun(services, claim.run, ending))
      if (ended) await afterEnd(services, ended)
      else if (!lost.aborted) await dropIfOver(services, id)
      return ended
    },
  }
}

interface Doing {
  readonly pagesOfRun: (run: Run) => RunPages
  readonly cancelled: AbortSignal
  /** Another process is to go on. */
  readonly lost: AbortSignal
}

/** How a run ends; undefined when somebody else is to go on with it. */
async function endingOf(services: Needs, run: Run, doing: Doing): Promise<Ending | undefined> {
  const told = watch(services, run)
  try {
    const published = await publishedBefore(services, run)
    if (published) return published
    if (run.cancel_requested || (await isBatchCancelled(services, run))) throw cancelledError()
    const result = await compute(services, run, { ...doing, onEvent: told.onEvent })
    if (doing.lost.aborted || isWithoutRoom(services, result.error)) return undefined
    const finish = () => endingWith(services, run, { result, pages: pagesOf(told.state()) })
    return await services.begunPages.finishing(run, finish)
  } catch (error) {
    if (doing.lost.aborted || isWithoutRoom(services, error) || !(await isOurs(services, run))) return undefined
    // It is there for everybody to see: whatever went wrong after it is no failure of the run.
    const published = await publishedBefore(services, run)
    if (published) return published
    const failure = limitsForUsers(toImageDocError(error, 'INTERNAL'))
    if (failure.code === 'INTERNAL') logFault(services, run, failure)
    const state = doing.cancelled.aborted || failure.code === 'CANCELLED' ? 'cancelled' : 'failed'
    return { state, error: failure.toJSON(), steps: [], pages: pagesOf(told.state()), result_version: null }
  }
}

/** What is missing is no fault of the run: it stays as it is until there is room, and then goes on from the pages that were written down. */
function isWithoutRoom({ room }: Pick<Needs, 'room'>, error: unknown): boolean {
  room.note(error)
  return isImageDocError(error) && error.code === 'STORE_FULL'
}

/** A batch that was cancelled while its runs were being made may have made some more. */
async function isBatchCancelled({ tables }: Needs, { batch_id }: Run): Promise<boolean> {
  return batch_id !== null && (await tables.batches.get(batch_id))?.cancel_requested === true
}

/** Hands a run's events on; that of its end is told when its result is there to be read. */
function watch({ runEvents }: Pick<Needs, 'runEvents'>, { _id, attempt }: Run): { onEvent(event: RunEvent): void; state(): RunState } {
  let state: RunState = initialRunState
  return {
    onEvent(event) {
      state = reduceRun(state, event)
      if (event.type !== 'run-ended') void runEvents.publish(_id, { attempt, event })
    },
    state: () => state,
  }
}

/** What an attempt that was lost had published already: only its end was not written down. A cancel comes too late for it. */
async function publishedBefore(services: Needs, run: Run): Promise<Ending | undefined> {
  const version = await services.tables.versions.get(run._id)
  if (!version?.receipt) return undefined
  const receipt = await readReceipt(services, version.receipt)
  await publishVersion(services, { ...run, document_id: version.document_id }, version)
  const pages = { total: null, done: version.layouts.length, failed: 0 }
  const { document_id, number: result_version } = version
  return { state: receipt.status, error: null, steps: stepsOf(receipt), pages, result_version, document_id }
}

async function compute(
  services: Needs,
  run: Run,
  { pagesOfRun, cancelled, lost, onEvent }: Doing & { onEvent: (event: RunEvent) => void },
): Promise<RunResult> {
  const { imagedoc, log, tracing } = services
  await assertMayBegin(services, run)
  const inputs = await openInputs(services, run)
  const signal = AbortSignal.any([cancelled, lost])
  const scope = await cacheScopeOfRun(services, run)
  const onFailure = logFailure(log, { run: run._id })
  const options = { signal, onEvent, onFailure, keep: givesLayout, pages: pagesOfRun(run), ...scope }
  const work = (): Promise<RunResult> => imagedoc.run(run.pipeline, inputs, options)
  return tracing ? tracing.asRun(run, work) : work()
}

async function endingWith(services: Needs, run: Run, { result, pages }: { result: RunResult; pages: Run['pages'] }): Promise<Ending> {
  const { status, receipt, error } = result
  // Steps before a page that was written down already are not looked at again, and so not counted.
  const counted = status === 'done' && pages.total !== null ? { ...pages, done: pages.total } : pages
  const common = { steps: stepsOf(receipt), pages: counted }
  if (status === 'cancelled' || status === 'failed')
    return { ...common, state: status, error: limitsForUsers(error ?? cancelledError()).toJSON(), result_version: null }
  await assertMayWrite(services, run)
  const made = await holdResult(services, run, result)
  await assertOurs(services, run)
  const document_id = run.gather ? (await makeGathered(services, run, made))._id : run.document_id
  if (document_id === null) throw new ImageDocError('INTERNAL', 'A run has no document.')
  const version = await publishVersion(services, { ...run, document_id }, made)
  const result_is_new = version.run_id === run._id
  return { ...common, state: status, error: null, result_version: version.number, result_is_new, document_id }
}

/** Everything that the run held goes; what its version names stays. */
async function afterEnd(services: Needs, run: Run): Promise<void> {
  void services.runEvents.publishEnd(run)
  if (run.webhook) services.webhooks.wake()
  await letGo(services, run._id).catch((fault: unknown) => logFault(services, run, fault))
}

async function letGo(services: Needs, id: Id): Promise<void> {
  await removeUnpublished(services, id)
  await dropPages(services, id)
}

/** A purge takes a document's runs along, and who took the run over may have ended it. */
async function dropIfOver(services: Needs, id: Id): Promise<void> {
  const run = await services.tables.runs.get(id)
  if (!run || isEnded(run.state)) await letGo(services, id)
}

function logFault({ log }: Pick<Needs, 'log'>, { _id }: Run, error: unknown): void {
  log.error({ run: _id, stack: traceOf(error) }, 'run')
}

const cancelledError = () => new ImageDocError('CANCELLED', 'The run was cancelled.')
