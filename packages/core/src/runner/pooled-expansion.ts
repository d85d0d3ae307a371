import type { ItemResult, OpenExpansion, SegmentCall, SegmentHooks, SegmentResult } from '../ports/step-runner.ts'
import type { ExpansionSlots, OpenSlot } from './expansion-slots.ts'
import type { PoolWorker, Workers } from './pool-worker.ts'
import type { Reply, Task } from './protocol.ts'
import type { Fault } from './segment-job.ts'
import { createSemaphore } from './semaphore.ts'
import { toItem, toOpened, wireCall } from './wire-call.ts'
import { WorkerFault } from './worker-fault.ts'

interface Parts {
  readonly workers: Workers
  readonly slots: ExpansionSlots
  readonly call: SegmentCall
  /** They may ask what is stored. */
  readonly trusted: boolean
}

type Opened = ReturnType<typeof toOpened>

/** Opens an expansion in a worker of its own. Its items are made one at a time; after a crash, an abort or an eviction it is opened again. */
export async function openPooledExpansion(parts: Parts, hooks: SegmentHooks): Promise<OpenExpansion> {
  const session = new ExpansionSession(parts)
  const turn = createSemaphore(1)
  const opened = await turn.run(hooks.signal, () => session.open(hooks))
  if ('steps' in opened && !('length' in opened))
    return { ...opened, length: 1, at: async () => opened, [Symbol.asyncDispose]: () => session.close() }
  return {
    ...opened,
    at: (index, item) => turn.run(item.signal, () => session.item(index, item)),
    [Symbol.asyncDispose]: () => session.close(),
  }
}

class ExpansionSession implements OpenSlot {
  busy = false
  readonly #parts: Parts
  readonly #faults: Record<string, Fault> = {}
  #worker: PoolWorker | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What the worker said of the opened expansion; a hole when the step that took the worker along is skipped. */
  open(hooks: SegmentHooks): Promise<Opened | SegmentResult> {
    return this.#whileBusy(() => this.#open(hooks))
  }

  item(index: number, hooks: SegmentHooks): Promise<ItemResult> {
    return this.#whileBusy(async () => {
      try {
        if (!this.#worker) await this.#open({ ...hooks, started: () => {} })
        const has = this.#parts.trusted && hooks.has !== undefined
        const reply = await this.#perform({ type: 'item', index, memo: hooks.memo !== undefined, has }, hooks)
        return toItem(reply, { inputs: this.#parts.call.inputs, asks: has })
      } catch (error) {
        if (!(error instanceof WorkerFault)) throw error
        if (error.step.onError !== 'skip') throw error.error
        return error.toHole()
      }
    })
  }

  evict(): void {
    const worker = this.#worker
    this.#worker = undefined
    if (worker) void this.#giveBack(worker)
  }

  async close(): Promise<void> {
    this.#parts.slots.leave(this)
    const worker = this.#worker
    this.#worker = undefined
    // In the middle of an item nobody waits for the worker.
    if (worker) await (this.busy ? worker.kill() : this.#giveBack(worker))
  }

  async #whileBusy<Value>(work: () => Promise<Value>): Promise<Value> {
    this.busy = true
    try {
      return await work()
    } finally {
      this.busy = false
      this.#parts.slots.idle(this)
    }
  }

  async #open(hooks: SegmentHooks): Promise<Opened | SegmentResult> {
    const { slots, workers, call } = this.#parts
    for (;;) {
      await slots.enter(this, hooks.signal)
      this.#worker = workers.take(call.steps)
      try {
        const task: Task = { type: 'open', call: wireCall(call), faults: this.#faults, memo: hooks.memo !== undefined }
        const reply = await this.#perform(task, hooks)
        if (!('opened' in reply)) this.#drop()
        return toOpened(reply)
      } catch (error) {
        if (!(error instanceof WorkerFault)) throw error
        if (!error.retryable && error.step.onError === 'fail') throw error.error
        if (!error.retryable && error.step.onError === 'skip') return error.toHole()
        this.#faults[error.step.id] = error.toFault()
      }
    }
  }

  async #perform(task: Task, hooks: SegmentHooks): Promise<Reply> {
    const worker = this.#worker as PoolWorker
    try {
      return await worker.perform({ task, call: this.#parts.call, hooks })
    } catch (error) {
      this.#drop()
      throw error
    } finally {
      if (!worker.usable) this.#drop()
    }
  }

  /** The worker is lost, or in a state that nobody knows. */
  #drop(): void {
    const worker = this.#worker
    if (!worker) return
    this.#worker = undefined
    this.#parts.slots.leave(this)
    void worker.kill()
    this.#parts.workers.give(worker)
  }

  async #giveBack(worker: PoolWorker): Promise<void> {
    const hooks: SegmentHooks = { signal: new AbortController().signal }
    await worker.perform({ task: { type: 'close' }, call: this.#parts.call, hooks }).catch(() => worker.kill())
    this.#parts.workers.give(worker)
  }
}
