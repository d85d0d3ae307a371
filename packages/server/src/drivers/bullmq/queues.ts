import { ImageDocError, type Job } from '@imagedoc/core'
import { parseRedisUrl } from '@imagedoc/core/drivers/redis'
import type { ConnectionOptions, Queue, Worker } from 'bullmq'

/** A worker that is lost has its jobs given to others after this, facts/server.md section 6: 7 s instead of 57 s by default. */
export const LOCK_MS = 10_000
const STALLED_MS = 5000
/** How often a job may take its worker with it. */
const STALLED_TIMES = 2
const SOCKET_TIMEOUT_MS = 10_000

/** What is written of a job; BullMQ's own id is that of the port. */
export type Carried = Pick<Job, 'user' | 'priority' | 'needs' | 'data'>

/** One queue for each need: a taker looks only into those whose jobs it can do. */
export interface Queues extends AsyncDisposable {
  of(needs: string): Promise<Queue<Carried>>
  /** The taking end of a queue, without a loop of its own. */
  openWorker(needs: string): Promise<Worker<Carried>>
  /** Jobs in all queues that this process may put jobs into. */
  counts(): Promise<{ waiting: number; active: number }>
}

export interface QueuesOptions {
  readonly url: string
  /** Before every key, without a colon at its end. */
  readonly prefix: string
  /** Every need that a job may have. */
  readonly needs: readonly string[]
}

export function openQueues({ url, prefix, needs }: QueuesOptions): Queues {
  const all = new Map<string, Promise<Queue<Carried>>>()
  const workers = new Set<Worker<Carried>>()
  const address = { ...parseRedisUrl(url), socketTimeout: SOCKET_TIMEOUT_MS }
  const base = { prefix, connection: { ...address, maxRetriesPerRequest: 1 } as ConnectionOptions }
  const open = async (name: string): Promise<Queue<Carried>> => {
    const { Queue } = await import('bullmq')
    const queue = new Queue<Carried>(name, base)
    // Every call tells of its failure; without a listener the process would end.
    queue.on('error', () => {})
    return queue
  }
  const of = (need: string): Promise<Queue<Carried>> => {
    const known = all.get(need) ?? open(nameOf(need))
    all.set(need, known)
    return known
  }
  return {
    of,
    async openWorker(need) {
      const { Worker } = await import('bullmq')
      const connection = { ...address, maxRetriesPerRequest: null } as ConnectionOptions
      const stalled = { lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: STALLED_TIMES }
      const worker = new Worker<Carried>(nameOf(need), null, { prefix, connection, autorun: false, ...stalled })
      worker.on('error', () => {})
      workers.add(worker)
      return worker
    },
    async counts() {
      const counts = await Promise.all(
        ['', ...needs].map(async (need) => (await of(need)).getJobCounts('waiting', 'prioritized', 'active')),
      )
      const sum = (name: string): number => counts.reduce((total, count) => total + (count[name] ?? 0), 0)
      return { waiting: sum('waiting') + sum('prioritized'), active: sum('active') }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers].map((worker) => worker.close(true).catch(() => undefined)))
      for (const queue of all.values()) await (await queue.catch(() => undefined))?.close().catch(() => undefined)
    },
  }
}

const nameOf = (need: string): string => (need === '' ? 'pages' : `pages-${need}`)

/** Calls of a queue: what Redis does not do is one error of ours. @throws STORE_UNAVAILABLE */
export async function reachable<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    throw new ImageDocError('STORE_UNAVAILABLE', 'The queue cannot be reached: Redis does not answer, or is full.', {
      cause: new Error(String((cause as Error).message)),
    })
  }
}
