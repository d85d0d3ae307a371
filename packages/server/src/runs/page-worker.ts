import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError, isImageDocError, type JobQueue, type RunPages, throwIfAborted } from '@imagedoc/core'
import { cacheScopeOfRun } from '../cache-scope.ts'
import { logFailure } from '../logging/log-failure.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import { givesLayout } from './gives-layout.ts'
import { pageRowId } from './held-pages.ts'
import type { PageJob } from './page-job.ts'
import { openInputs } from './run-inputs.ts'
import { createRunPages } from './run-pages.ts'

type Needs = Pick<Services, 'begunPages' | 'blobs' | 'imagedoc' | 'lock' | 'log' | 'now' | 'settings' | 'tables'>

/** After failures that may pass. */
const WAITS_MS = [1000, 4000]

/** A worker that stops has so long for the pages that it is at; what is not done by then is another's. With the rest it is gone within 30 s. */
const DRAIN_MS = 25_000

export interface PageWorkOptions {
  /** Of the worker, by which it says that it cannot do a page. */
  readonly id: string
  /** Pages at a time. */
  readonly concurrency: number
  /** Namespaces of operations. @default every one */
  readonly has?: readonly string[]
  /** @default 25000 */
  readonly drainMs?: number
}

/** Takes pages of runs from the queue, whoever began the runs. */
export function workOnPages(services: Needs, queue: JobQueue, { id, drainMs = DRAIN_MS, ...options }: PageWorkOptions): AsyncDisposable {
  const handBack = new AbortController()
  const taking = queue.work(
    (job, signal) =>
      doPage(services, job.data as unknown as PageJob, AbortSignal.any([signal, handBack.signal])).catch((error: unknown) => {
        throw isRefusal(error) ? refusedBy(id, error) : error
      }),
    options,
  )
  return {
    async [Symbol.asyncDispose]() {
      const late = setTimeout(() => handBack.abort(stopsError()), drainMs)
      await taking[Symbol.asyncDispose]()
      clearTimeout(late)
    },
  }
}

/** Retryable: whoever put the job in puts it in again. */
function stopsError(): ImageDocError {
  return new ImageDocError('STORE_UNAVAILABLE', 'The worker stops; another goes on with the page.', { retryable: true })
}

/** With another plan than the run's a page is not this worker's to do; another may have the same. */
export function isRefusal(error: unknown): error is ImageDocError {
  return isImageDocError(error) && error.code === 'ENGINE_CHANGED'
}

function refusedBy(worker: string, { code, message }: ImageDocError): ImageDocError {
  return new ImageDocError(code, message, { details: { worker } })
}

/** Resolves when the page's outcome is written down, a failure too. Of a run that has ended nothing is done. */
async function doPage(services: Needs, job: PageJob, signal: AbortSignal): Promise<void> {
  const { runPages, runs } = services.tables
  const run = await runs.get(job.run_id)
  if (!run) throw new ImageDocError('ENGINE_CHANGED', 'This worker has another database: the run is not in it.')
  if (run.state !== 'running' || run.cancel_requested) return
  const rowId = pageRowId(job.run_id, job.page, job.segment)
  if (await runPages.get(rowId)) return
  try {
    await patiently(services, { run, job, signal })
  } catch (error) {
    throwIfAborted(signal)
    if (!(await runPages.get(rowId))) throw error
  }
}

/** Again after a failure that may pass: only the last one is written down. */
async function patiently(services: Needs, { run, job, signal }: { run: Run; job: PageJob; signal: AbortSignal }): Promise<void> {
  const inputs = await openInputs(services, run)
  const scope = await cacheScopeOfRun(services, run)
  const { segment, page } = job
  for (let failures = 0; ; failures++) {
    const waitMs = WAITS_MS[failures]
    const record = createRunPages(services, run, 'items')
    const pages = waitMs === undefined ? record : withoutPassing(record)
    try {
      const request = { segment, page, pages, keep: givesLayout, ...scope, signal, onFailure: logFailure(services.log, { run: run._id }) }
      return await services.imagedoc.runPage(run.pipeline, inputs, request)
    } catch (error) {
      if (waitMs === undefined || signal.aborted || !mayPass(error)) throw error
      await wait(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** Refuses to write down what may be otherwise the next time. */
function withoutPassing(pages: RunPages): RunPages {
  return {
    ...pages,
    async record(work, record, read) {
      const failed = 'error' in record.outcome ? ImageDocError.fromJSON(record.outcome.error) : undefined
      if (failed && mayPass(failed)) throw failed
      await pages.record(work, record, read)
    },
  }
}

/** A page that takes too long does so again; what this worker has installed does not change by waiting. */
function mayPass(error: unknown): boolean {
  return isImageDocError(error) && error.retryable && error.code !== 'STEP_TIMEOUT' && !isRefusal(error)
}
