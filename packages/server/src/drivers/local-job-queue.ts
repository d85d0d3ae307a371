import { abortError, ImageDocError, type Job, type JobHandler, type JobQueue, throwIfAborted } from '@imagedoc/core'
import { createFairLines } from './fair-lines.ts'

const RETRY_SECONDS = 5

interface Entry {
  readonly job: Job
  readonly stop: AbortController
  resolve(): void
  reject(error: unknown): void
}

interface Taker {
  readonly handler: JobHandler
  readonly has: readonly string[] | undefined
  readonly room: number
  readonly active: Set<Promise<void>>
}

/** The embedded queue: jobs of this process for takers of this process. What waits is lost with it, and asked for again by who needs it. */
export function createLocalJobQueue({ waiting: most = 100_000 }: { waiting?: number } = {}): JobQueue {
  const lines = createFairLines<Entry>()
  const takers = new Set<Taker>()
  let active = 0
  let closed = false

  const take = (taker: Taker): void => {
    while (taker.active.size < taker.room) {
      const entry = lines.next(({ needs }) => needs === '' || !taker.has || taker.has.includes(needs))
      if (!entry) return
      active++
      const work = settle(entry, taker).finally(() => {
        active--
        taker.active.delete(work)
        if (takers.has(taker)) take(taker)
      })
      taker.active.add(work)
    }
  }
  const put = (job: Job, signal: AbortSignal): Promise<void> =>
    new Promise((done, failed) => {
      const abort = (): void => {
        entry.stop.abort(abortError(signal))
        if (lines.remove(entry)) entry.reject(abortError(signal))
      }
      const end = (): void => signal.removeEventListener('abort', abort)
      const resolve = (): void => {
        end()
        done()
      }
      const reject = (error: unknown): void => {
        end()
        failed(error)
      }
      const entry: Entry = { job, stop: new AbortController(), resolve, reject }
      signal.addEventListener('abort', abort, { once: true })
      lines.add(entry)
      for (const taker of takers) take(taker)
    })

  return {
    async run(job, { signal }) {
      throwIfAborted(signal)
      if (closed) throw closedError()
      if (lines.size >= most) throw full()
      await put(job, signal)
    },
    work(handler, { concurrency, has }) {
      const taker: Taker = { handler, has, room: concurrency, active: new Set() }
      takers.add(taker)
      take(taker)
      return {
        async [Symbol.asyncDispose]() {
          takers.delete(taker)
          await Promise.all(taker.active)
        },
      }
    },
    stats: async () => ({ waiting: lines.size, active }),
    async [Symbol.asyncDispose]() {
      closed = true
      takers.clear()
      for (const entry of lines.clear()) entry.reject(closedError())
    },
  }
}

async function settle({ job, stop, resolve, reject }: Entry, { handler }: Taker): Promise<void> {
  try {
    await handler(job, stop.signal)
    resolve()
  } catch (error) {
    reject(error)
  }
}

const closedError = () => new ImageDocError('STORE_UNAVAILABLE', 'The queue is closed.', { retryable: false })

function full(): ImageDocError {
  return new ImageDocError('RATE_LIMITED', `Too much waits to be done already. Try again in ${RETRY_SECONDS} seconds.`, {
    details: { retryAfterSeconds: RETRY_SECONDS },
  })
}
