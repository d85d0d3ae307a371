import { abortError, ImageDocError, toImageDocError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'
import type { SegmentCall, SegmentHooks, SegmentStep } from '../ports/step-runner.ts'
import type { Channel, OpenChannel } from './channel.ts'
import type { Ask, FromHost, Reply, Task } from './protocol.ts'
import { timeoutError } from './step-error.ts'
import { WorkerFault } from './worker-fault.ts'

/** What a worker is to do, and whom it may ask meanwhile. */
export interface Assignment {
  readonly task: Task
  readonly call: SegmentCall
  readonly hooks: SegmentHooks
}

/** What the parts of the pool share. */
export interface Workers {
  /** Preferably one that has done these steps before: its engines are open. */
  take(steps: readonly SegmentStep[]): PoolWorker
  /** Back to the idle ones, once its task is over and if it may be used again. */
  give(worker: PoolWorker): void
}

/** A worker answers a timeout or an abort by itself, unless it computes without yielding. */
const GRACE_MS = 100
/** From sending a task to its first attempt, plugins imported and all; a cold start on a loaded machine took 3 s. */
const START_MS = 60_000
const END_MS = 1000

interface Current extends Assignment {
  readonly id: number
  step: SegmentStep
  /** -1 before the first. */
  attempt: number
  since: number
  timer: NodeJS.Timeout
  readonly outcome: PromiseWithResolvers<Reply>
  readonly over: PromiseWithResolvers<void>
  stopListening: () => void
}

let lastId = 0

/** One worker of a pool, seen from the parent: it does one task at a time, and is watched while it does. */
export class PoolWorker {
  /** False when it must not be used again. */
  usable = true
  /** Tasks done. */
  jobs = 0
  /** Bytes in memory after the last task. */
  rss = 0
  /** Operations that it has been given. */
  readonly knows = new Set<string>()
  readonly #channel: Channel
  #current: Current | undefined
  #settled: Promise<void> = Promise.resolve()

  constructor(open: OpenChannel) {
    this.#channel = open((message) => {
      if (message.id === this.#current?.id) this.#hear(message, this.#current)
    })
    void this.#channel.gone.then(({ code, message, cause }) => {
      this.usable = false
      if (this.#current) this.#fail(this.#current, new ImageDocError(code, message, { cause }))
      if (this.#current) this.#finish(this.#current)
    })
  }

  /** @throws WorkerFault when the worker was lost; CANCELLED at once on abort. */
  perform(assignment: Assignment): Promise<Reply> {
    const { signal } = assignment.hooks
    const id = ++lastId
    const current: Current = {
      ...assignment,
      id,
      step: assignment.call.steps[0] as SegmentStep,
      attempt: -1,
      since: performance.now(),
      timer: setTimeout(() => this.#expire(current), START_MS),
      outcome: Promise.withResolvers<Reply>(),
      over: Promise.withResolvers<void>(),
      stopListening: () => undefined,
    }
    this.#current = current
    for (const { use } of assignment.call.steps) this.knows.add(use)
    this.#settled = current.over.promise
    this.#channel.hold()
    this.#channel.send({ type: 'task', id, task: assignment.task })
    current.stopListening = onAbort(signal, () => this.#cancel(current))
    return current.outcome.promise
  }

  /** Resolves when no task is at work any more, also none that was given up. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /** Lets engines close, then kills. */
  async end(): Promise<void> {
    this.usable = false
    if (this.#current) {
      this.#current.outcome.reject(new ImageDocError('CANCELLED', 'The runner was closed.'))
      return this.kill()
    }
    this.#channel.hold()
    this.#channel.send({ type: 'end' })
    if (!(await this.#isGone())) await this.kill()
  }

  async kill(): Promise<void> {
    this.usable = false
    this.#channel.kill()
    await this.#isGone()
  }

  /** Whether it is gone, now or soon. A thread in a call of the system, as `execFileSync`, ends when that returns: nobody waits so long. */
  async #isGone(): Promise<boolean> {
    const late = Promise.withResolvers<false>()
    const timer = setTimeout(() => late.resolve(false), END_MS)
    const gone = await Promise.race([this.#channel.gone.then(() => true), late.promise])
    clearTimeout(timer)
    return gone
  }

  #hear(message: FromHost, current: Current): void {
    const { hooks } = current
    if (message.type === 'started') hooks.started?.(message.step)
    else if (message.type === 'progress') hooks.progress?.(message.step, message.done)
    else if (message.type === 'ask') void this.#answer(message.ask, message.what, current)
    else if (message.type === 'attempt') this.#watch(current, message)
    else {
      this.jobs++
      this.rss = message.rss
      if (message.tainted) void this.kill()
      current.outcome.resolve(message.reply)
      this.#finish(current)
    }
  }

  #watch(current: Current, { step, attempt }: Extract<FromHost, { type: 'attempt' }>): void {
    if (current.hooks.signal.aborted) return
    clearTimeout(current.timer)
    if (attempt === null) return
    if (attempt === 0) current.since = performance.now()
    current.step = current.call.steps.find(({ id }) => id === step) ?? current.step
    current.attempt = attempt
    // setTimeout takes no more than 31 bits.
    current.timer = setTimeout(() => this.#expire(current), Math.min(current.step.timeoutMs + GRACE_MS, 2 ** 31 - 1))
  }

  #expire(current: Current): void {
    const started = current.attempt >= 0
    this.#fail(
      current,
      started ? timeoutError(current.step) : new ImageDocError('PROCESS_CRASHED', 'A worker did not start; see whether its plugins load.'),
    )
    void this.kill()
  }

  #cancel(current: Current): void {
    current.outcome.reject(abortError(current.hooks.signal))
    this.#channel.send({ type: 'abort', id: current.id })
    clearTimeout(current.timer)
    current.timer = setTimeout(() => void this.kill(), GRACE_MS)
  }

  #fail(current: Current, error: ImageDocError): void {
    current.outcome.reject(new WorkerFault({ step: current.step, attempts: current.attempt + 1, since: current.since }, error))
  }

  #finish(current: Current): void {
    clearTimeout(current.timer)
    current.stopListening()
    this.#current = undefined
    this.#channel.release()
    current.over.resolve()
  }

  async #answer(ask: number, what: Ask, { call, hooks }: Assignment): Promise<void> {
    try {
      const stream = 'load' in what ? call.inputs[what.load]?.stream : undefined
      if (stream && (await this.#channel.pour?.(ask, await stream(hooks.signal)))) return
      this.#channel.send({ type: 'answer', ask, value: await answerOf(what, call, hooks) })
    } catch (error) {
      this.#channel.send({ type: 'answer', ask, error: toImageDocError(error, 'STORE_FAILED').toJSON() })
    }
  }
}

async function answerOf(what: Ask, call: SegmentCall, hooks: SegmentHooks): Promise<unknown> {
  if ('has' in what) return hooks.has?.(what.has)
  if ('load' in what) return call.inputs[what.load]?.load(hooks.signal)
  if ('memoGet' in what) return hooks.memo?.get(what.memoGet.step, what.memoGet.key)
  return hooks.memo?.put(what.memoPut.step, what.memoPut.key, what.memoPut.value)
}
