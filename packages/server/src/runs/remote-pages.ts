import { setTimeout as wait } from 'node:timers/promises'
import {
  formatPageId,
  type ImageDocError,
  isImageDocError,
  type JobQueue,
  type PageWork,
  type RunPages,
  throwIfAborted,
} from '@imagedoc/core'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import type { NobodyTakes, Watch } from '../workers/nobody-takes.ts'
import { pageRowId } from './held-pages.ts'
import { needsOf } from './namespaces.ts'
import { isRefusal } from './page-worker.ts'
import { createRunPages } from './run-pages.ts'

type Needs = Pick<Services, 'begunPages' | 'blobs' | 'lock' | 'now' | 'tables'>

/** A queue that does not answer, or has lost its jobs, is asked again after so long. */
const AGAIN_MS = 1000
/** A job may have been done without its row, when the run was another attempt's meanwhile. */
const MOST_EMPTY = 3

/** Who has room for jobs, and whether anybody has. */
export interface Workers {
  readonly queue: JobQueue
  /** Undefined where nobody can know. */
  readonly nobodyTakes: NobodyTakes | undefined
  /** Those of the plugins. */
  readonly namespaces: readonly string[]
}

/** The record of one run's pages in the database, where each page is a job for whichever worker has room. */
export function createRemotePages(services: Needs, run: Run, { queue, nobodyTakes, namespaces }: Workers): RunPages {
  const local = createRunPages(services, run, 'items')
  const jobOf = ({ page, segment, use }: PageWork) => {
    const data = { run_id: run._id, page: formatPageId(page), segment }
    const id = pageRowId(data.run_id, data.page, segment)
    return { id, user: run.user_id, priority: run.priority, needs: needsOf(use, namespaces), data }
  }
  return {
    ...local,
    async find(work, signal) {
      using nobody = nobodyTakes?.watch({ namespace: needsOf(work.use, namespaces), segment: work.segment })
      const ending = nobody ? AbortSignal.any([signal, nobody.signal]) : signal
      for (let empty = 0; empty < MOST_EMPTY; ) {
        const there = await local.find(work, signal)
        if (there) return there
        try {
          await queue.run(jobOf(work), { signal: ending })
          nobody?.done()
          empty++
        } catch (error) {
          throwIfAborted(ending)
          if (!isHandedBack(error)) throw error
          if (isRefusal(error)) refused(error, nobody)
          await wait(AGAIN_MS, undefined, { signal: ending }).catch(() => undefined)
        }
      }
      return local.find(work, signal)
    },
  }
}

/** Another worker may do it; where nobody knows which there are, it would be asked for ever. */
function refused(error: ImageDocError, nobody: Watch | undefined): void {
  if (!nobody) throw error
  const { worker } = (error.details ?? {}) as { worker?: string }
  nobody.refused(worker ?? '', error.message)
}

/** The job is to be done again: its queue or its worker was lost, or it was done for an attempt that is not the run's any more. */
function isHandedBack(error: unknown): boolean {
  return isImageDocError(error) && (error.retryable || error.code === 'CANCELLED')
}
