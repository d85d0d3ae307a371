import {
  abortError,
  type EventBus,
  ImageDocError,
  type Job,
  type JobQueue,
  type Json,
  type SerialisedError,
  throwIfAborted,
} from '@imagedoc/core'
import { REDIS_PREFIX } from '@imagedoc/core/drivers/redis'
import { openQueues, type Queues, reachable } from './queues.ts'
import { type Taker, takeJobs } from './take-jobs.ts'

const RETRY_SECONDS = 5
/** What is said of a job may be lost: it is looked for. */
const LOOK_MS = 2000
/** BullMQ's smaller numbers go first; nobody has so many jobs of the first kind at a time. */
const BATCH_PRIORITY = 1_000_000

/** On the event bus: there are jobs, a job is over, a job was given up. */
const topics = { wake: 'jobs:wake', over: 'jobs:over', stop: 'jobs:stop' } as const

export interface BullmqJobQueueOptions {
  /** `redis://` or `rediss://`; its memory policy must be `noeviction`. */
  readonly url: string
  /** What tells the ends of the queue of each other; disposed of by whoever made it. */
  readonly events: EventBus
  /** Every need that a job may have: the namespaces of the installed operations. */
  readonly needs: readonly string[]
  /** Jobs that may wait. @default 100000 */
  readonly waiting?: number
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
}

interface Waiter {
  readonly job: Job
  settle(error: unknown): void
}

/**
 * Jobs for takers in any number of processes, by BullMQ. Users take turns by its priorities: a job stands behind as many as its user has in the queue
 * already. A taker that is lost has its jobs given to another within 15 s.
 * @example await using queue = await createBullmqJobQueue({ url: 'redis://127.0.0.1:6379', events, needs: ['image', 'ocr'] })
 */
export async function createBullmqJobQueue(options: BullmqJobQueueOptions): Promise<JobQueue> {
  const { url, events, needs, waiting: most = 100_000, prefix = REDIS_PREFIX } = options
  await using stack = new AsyncDisposableStack()
  const queues = stack.use(openQueues({ url, prefix: `${prefix}jobs`, needs }))
  const waiters = new Map<string, Waiter>()
  const takers = new Set<Promise<Taker>>()
  let closed = false
  const tell = (topic: string, message: Json): Promise<void> => events.publish(topic, message).catch(() => undefined)
  const toTakers = (call: (taker: Taker) => void): void => {
    for (const taker of takers) taker.then(call, () => undefined)
  }
  const over = (id: string, error: SerialisedError | null): void => waiters.get(id)?.settle(error && ImageDocError.fromJSON(error))
  for (const [topic, listener] of [
    [topics.wake, () => toTakers((taker) => taker.wake())],
    [topics.stop, (message: Json) => toTakers((taker) => taker.stop((message as { id: string }).id))],
    [topics.over, (message: Json) => over((message as { id: string }).id, (message as { error: SerialisedError | null }).error)],
  ] as const)
    stack.use(await events.subscribe(topic, listener))
  const look = lookForLost(queues, waiters)
  stack.defer(() => clearInterval(look))
  const owned = stack.move()

  return {
    async run(job, { signal }) {
      throwIfAborted(signal)
      if (closed) throw closedError()
      if ((await reachable(queues.counts())).waiting >= most) throw full()
      await putJob({ queues, waiters, tell }, job, signal)
    },
    work(handler, { concurrency, has }) {
      const opened = Promise.all(['', ...(has ?? needs)].map((need) => queues.openWorker(need))).then((workers) =>
        takeJobs({
          workers,
          handler,
          concurrency,
          over: (id, error) => void tell(topics.over, { id, error: (error?.toJSON() ?? null) as Json }),
        }),
      )
      opened.catch(() => undefined)
      takers.add(opened)
      return {
        async [Symbol.asyncDispose]() {
          takers.delete(opened)
          await (await opened)[Symbol.asyncDispose]()
        },
      }
    },
    stats: () => reachable(queues.counts()),
    async [Symbol.asyncDispose]() {
      closed = true
      for (const { job, settle } of [...waiters.values()]) {
        await remove(queues, job)
        settle(closedError())
      }
      await Promise.all([...takers].map(async (taker) => (await taker)[Symbol.asyncDispose]()))
      await owned.disposeAsync()
    },
  }
}

interface Putting {
  readonly queues: Queues
  readonly waiters: Map<string, Waiter>
  tell(topic: string, message: Json): Promise<void>
}

/** Puts a job in, and waits until somebody says that it is over. */
async function putJob({ queues, waiters, tell }: Putting, job: Job, signal: AbortSignal): Promise<void> {
  const { id, user, priority, needs: need, data } = job
  const settled = Promise.withResolvers<void>()
  const own = [...waiters.values()].filter((other) => other.job.user === user && other.job.priority === priority).length
  const settle = (error: unknown): void => {
    waiters.delete(id)
    if (error) settled.reject(error)
    else settled.resolve()
  }
  const abort = (): void => {
    settle(abortError(signal))
    void remove(queues, job).then(() => tell(topics.stop, { id }))
  }
  waiters.set(id, { job, settle })
  signal.addEventListener('abort', abort, { once: true })
  settled.promise.catch(() => undefined)
  try {
    const queue = await queues.of(need)
    const given = { jobId: id, priority: own + 1 + (priority === 0 ? 0 : BATCH_PRIORITY), removeOnComplete: true, removeOnFail: true }
    await reachable(queue.add('page', { user, priority, needs: need, data }, given))
    if (signal.aborted) abort()
    await tell(topics.wake, null)
    await settled.promise
  } catch (error) {
    settle(error)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** A job that nobody has any more, although nobody said how it ended: Redis was erased, or the word of it was lost. */
function lookForLost(queues: Queues, waiters: ReadonlyMap<string, Waiter>): NodeJS.Timeout {
  const missing = new Set<string>()
  const look = async ({ job, settle }: Waiter): Promise<void> => {
    const isThere = (await (await queues.of(job.needs)).getJobState(job.id).catch(() => 'unreachable')) !== 'unknown'
    // Twice: it may have been put in, or have ended, only just now.
    if (isThere) missing.delete(job.id)
    else if (missing.delete(job.id)) settle(lost())
    else missing.add(job.id)
  }
  return setInterval(() => {
    for (const id of missing) if (!waiters.has(id)) missing.delete(id)
    for (const waiter of waiters.values()) void look(waiter).catch(() => undefined)
  }, LOOK_MS).unref()
}

/** One that is being done stays until whoever does it has heard. */
async function remove(queues: Queues, { id, needs }: Job): Promise<void> {
  await (await queues.of(needs)).remove(id).catch(() => undefined)
}

const closedError = () => new ImageDocError('STORE_UNAVAILABLE', 'The queue is closed.', { retryable: false })
const lost = () =>
  new ImageDocError('STORE_UNAVAILABLE', 'The job is not in the queue any more. Ask whether it was done, or put it in again.')

function full(): ImageDocError {
  return new ImageDocError('RATE_LIMITED', `Too much waits to be done already. Try again in ${RETRY_SECONDS} seconds.`, {
    details: { retryAfterSeconds: RETRY_SECONDS },
  })
}
