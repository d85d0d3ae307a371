import type { Job, JobQueue } from '../ports/job-queue.ts'

/** What the parts of the suite share. */
export interface QueueUnderTest {
  queue(): JobQueue
  /** Disposed of after the test. */
  create(options: { waiting?: number }): Promise<JobQueue>
  another: (() => Promise<JobQueue>) | undefined
}

let made = 0

export function someJob(given: Partial<Job> = {}): Job {
  return { id: `job-${++made}`, user: 'ana', priority: 0, needs: '', data: null, ...given }
}

/** A signal that nobody aborts. */
export const never = (): AbortSignal => new AbortController().signal

/** Puts jobs in, each when the one before has arrived, so that they come in this order; what `run` said of each. */
export async function putAll(queue: JobQueue, jobs: readonly Job[]): Promise<Promise<PromiseSettledResult<void>[]>[]> {
  const { waiting, active } = await queue.stats()
  const said: Promise<PromiseSettledResult<void>[]>[] = []
  for (const job of jobs) {
    said.push(Promise.allSettled([queue.run(job, { signal: never() })]))
    await until(async () => {
      const now = await queue.stats()
      return now.waiting + now.active >= waiting + active + said.length
    })
  }
  return said
}

/** Looks again and again until it is so; the test's time is the bound. */
export async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A handler that does nothing before it is let; says what it was given. */
export function held(): {
  taken: Job[]
  signals: AbortSignal[]
  handler: (job: Job, signal: AbortSignal) => Promise<void>
  letGo: () => void
} {
  const { promise, resolve } = Promise.withResolvers<void>()
  const taken: Job[] = []
  const signals: AbortSignal[] = []
  return {
    taken,
    signals,
    handler: async (job, signal) => {
      taken.push(job)
      signals.push(signal)
      await promise
    },
    letGo: resolve,
  }
}
