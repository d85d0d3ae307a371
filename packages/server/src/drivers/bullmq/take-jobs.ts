import { randomUUID } from 'node:crypto'
import { ImageDocError, type JobHandler, toImageDocError } from '@imagedoc/core'
import type { Job, Worker } from 'bullmq'
import { createOnDemand } from '../../turns/on-demand.ts'
import { type Carried, LOCK_MS } from './queues.ts'

/** Nothing is said of a job that comes back after its worker was lost: it is looked for. */
const LOOK_MS = 1000

interface Taking {
  readonly workers: readonly Worker<Carried>[]
  readonly handler: JobHandler
  readonly concurrency: number
  /** Called when a job is over. */
  over(id: string, error: ImageDocError | undefined): void
}

/** Takes jobs of several queues, no more at a time than there is room for: BullMQ's own loop has its room for each queue. */
export interface Taker extends AsyncDisposable {
  /** There may be jobs. */
  wake(): void
  /** The caller gave this job up. */
  stop(id: string): void
}

export function takeJobs({ workers, handler, concurrency, over }: Taking): Taker {
  const active = new Map<string, { stop: AbortController; done: Promise<void> }>()
  let stopping = false
  let first = 0

  const next = async (): Promise<{ job: Job<Carried>; token: string } | undefined> => {
    // Another queue first each time, or one that is never empty would have all the room.
    first = (first + 1) % workers.length
    for (const worker of [...workers.slice(first), ...workers.slice(0, first)]) {
      const token = randomUUID()
      const job = (await worker.getNextJob(token, { block: false }).catch(() => undefined)) as Job<Carried> | undefined
      if (job) return { job, token }
    }
    return undefined
  }
  const looking = createOnDemand(
    async () => {
      while (!stopping && active.size < concurrency) {
        const found = await next()
        if (!found) break
        begin(found)
      }
    },
    () => undefined,
  )
  const begin = ({ job, token }: { job: Job<Carried>; token: string }): void => {
    const id = job.id ?? ''
    const stop = new AbortController()
    const done = perform({ job, token, stop, handler }).then((error) => {
      active.delete(id)
      over(id, error)
      looking.wake()
    })
    active.set(id, { stop, done })
  }
  for (const worker of workers) void worker.startStalledCheckTimer().catch(() => undefined)
  const timer = setInterval(looking.wake, LOOK_MS)
  timer.unref()
  looking.wake()
  return {
    wake: looking.wake,
    stop: (id) => active.get(id)?.stop.abort(new ImageDocError('CANCELLED', 'The work was given up.')),
    async [Symbol.asyncDispose]() {
      stopping = true
      clearInterval(timer)
      await looking.idle()
      await Promise.all([...active.values()].map(({ done }) => done))
      await Promise.all(workers.map((worker) => worker.close(true).catch(() => undefined)))
    },
  }
}

interface Performing {
  readonly job: Job<Carried>
  readonly token: string
  readonly stop: AbortController
  readonly handler: JobHandler
}

/** Does one job; gives its error, or undefined. A lock that cannot be renewed is another's by now. */
async function perform({ job, token, stop, handler }: Performing): Promise<ImageDocError | undefined> {
  const lost = (): void => stop.abort(new ImageDocError('CANCELLED', 'The job is another worker’s by now.'))
  const renewal = setInterval(() => {
    job.extendLock(token, LOCK_MS).then((isOurs) => {
      if (!isOurs) lost()
    }, lost)
  }, LOCK_MS / 2)
  const { user, priority, needs, data } = job.data
  try {
    await handler({ id: job.id ?? '', user, priority, needs, data }, stop.signal)
    await job.moveToCompleted(null, token, false).catch(() => undefined)
    return undefined
  } catch (error) {
    const ours = toImageDocError(error, 'INTERNAL')
    await job.moveToFailed(new Error(ours.code), token, false).catch(() => undefined)
    return ours
  } finally {
    clearInterval(renewal)
  }
}
