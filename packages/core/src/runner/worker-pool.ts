import { ImageDocError } from '../errors/error.ts'
import type { SegmentCall, SegmentHooks, SegmentResult, SegmentStep } from '../ports/step-runner.ts'
import type { OpenChannel } from './channel.ts'
import { createExpansionSlots } from './expansion-slots.ts'
import type { Place } from './network-split.ts'
import { type Assignment, PoolWorker, type Workers } from './pool-worker.ts'
import { openPooledExpansion } from './pooled-expansion.ts'
import type { Reply, Task } from './protocol.ts'
import type { Fault } from './segment-job.ts'
import { createSemaphore } from './semaphore.ts'
import { toResult, wireCall } from './wire-call.ts'
import { WorkerFault } from './worker-fault.ts'

export interface WorkerPoolOptions {
  open: OpenChannel
  /** Segments at work at a time; as many expansions may be open beside them, each in a worker of its own. */
  size: number
  /** Workers that may ask whether bytes of a digest are stored: threads of this process, not children that open other people's files. @default false */
  trusted?: boolean
  /** Whether a worker that has finished a task should make room for a fresh one. */
  worn?(worker: PoolWorker): boolean
}

/** Workers that are started when needed and kept when idle. */
export interface WorkerPool extends Place, AsyncDisposable {}

/** A pool of threads or of children: how they are started is all that differs. */
export function createWorkerPool({ open, size, trusted = false, worn = () => false }: WorkerPoolOptions): WorkerPool {
  const idle: PoolWorker[] = []
  const all = new Set<PoolWorker>()
  const room = createSemaphore(size)
  const slots = createExpansionSlots(size)
  let closed = false

  const dismiss = async (worker: PoolWorker): Promise<void> => {
    await worker.end()
    all.delete(worker)
  }
  const workers: Workers = {
    take(steps) {
      if (closed) throw new ImageDocError('CANCELLED', 'The runner was closed.')
      for (let worker = takeIdle(idle, steps); worker; worker = takeIdle(idle, steps)) if (worker.usable) return worker
      const worker = new PoolWorker(open)
      all.add(worker)
      return worker
    },
    give(worker) {
      void worker.settled.then(() => {
        if (worker.usable && !closed && !worn(worker) && idle.length < size) idle.push(worker)
        else void dismiss(worker)
      })
    },
  }

  return {
    run: (call, hooks) => room.run(hooks.signal, () => runWithFaults(workers, call, hooks)),
    open: (call, hooks) => openPooledExpansion({ workers, slots, call, trusted }, hooks),
    async [Symbol.asyncDispose]() {
      closed = true
      await Promise.all([...all].map(dismiss))
    },
  }
}

/** The idle worker that knows these steps, or the one that was idle for the shortest time: opening an engine such as PDFium takes 0.2 s. */
function takeIdle(idle: PoolWorker[], steps: readonly SegmentStep[]): PoolWorker | undefined {
  const known = idle.findLastIndex((worker) => steps.every(({ use }) => worker.knows.has(use)))
  return known < 0 ? idle.pop() : idle.splice(known, 1)[0]
}

/** Does one task on a worker and gives that back. */
async function onWorker(workers: Workers, assignment: Assignment): Promise<Reply> {
  const worker = workers.take(assignment.call.steps)
  try {
    return await worker.perform(assignment)
  } finally {
    workers.give(worker)
  }
}

/** A worker that was lost is replaced, and the step that took it along is retried, skipped or passed over as it says. */
async function runWithFaults(workers: Workers, call: SegmentCall, hooks: SegmentHooks): Promise<SegmentResult> {
  const faults: Record<string, Fault> = {}
  for (;;) {
    try {
      const task: Task = { type: 'run', call: wireCall(call), faults, memo: hooks.memo !== undefined }
      return toResult(await onWorker(workers, { task, call, hooks }))
    } catch (error) {
      if (!(error instanceof WorkerFault)) throw error
      if (!error.retryable && error.step.onError === 'fail') throw error.error
      if (!error.retryable && error.step.onError === 'skip') return error.toHole()
      faults[error.step.id] = error.toFault()
    }
  }
}
