import { setTimeout as delay } from 'node:timers/promises'
import { ImageDocError, toImageDocError } from '../errors/error.ts'
import type { Registry } from '../plugin/registry.ts'
import type { ItemResult, OpenExpansion, Payload } from '../ports/step-runner.ts'
import { createEnginePool } from './engine-pool.ts'
import { executeExpansion } from './execute-expansion.ts'
import { executeSegment } from './execute-segment.ts'
import { withoutKnownBytes } from './known-bytes.ts'
import { loadPlugins } from './load-plugins.ts'
import { createParentLink } from './parent-link.ts'
import type { FromHost, Reply, Task, ToHost, WireCall, WireResult } from './protocol.ts'
import type { SegmentJob } from './segment-job.ts'
import { UnloadableError } from './unloadable.ts'
import { packError } from './wire-error.ts'

/** The worker's end of a channel. */
export interface HostPort {
  send(message: FromHost): void
  /** Told of every plugin's module, before the first call. */
  loaded?(module: object): void
  /** Told of every call before it is run. */
  began?(call: WireCall): void
  end(): void
}

/** How long given-up work may take to end before the worker counts as lost. */
const GRACE_MS = 40

/** The worker's side of the protocol: gives the listener for messages from the parent. */
export function serveHost(port: HostPort): (message: ToHost) => void {
  const engines = createEnginePool()
  let registry: Promise<Registry> | undefined
  let tmp = ''
  let current: { id: number; controller: AbortController } | undefined
  let expansion: (OpenExpansion & { readonly inputs: readonly Payload[] }) | undefined
  const link = createParentLink(port.send, () => current?.id ?? 0)

  const jobOf = async (task: Extract<Task, { call: unknown }>, at: At): Promise<SegmentJob> => {
    const host = { registry: await (registry as Promise<Registry>), engines, tmp: () => tmp, abandoned: at.abandoned }
    port.began?.(task.call)
    const attempt: SegmentJob['attempt'] = (step, attempt) => port.send({ type: 'attempt', id: current?.id ?? at.id, step, attempt })
    return {
      host,
      call: link.call(task.call),
      hooks: link.hooks(at.id, { memo: task.memo, signal: at.signal }),
      faults: task.faults,
      attempt,
    }
  }

  const perform = async (task: Task, at: At): Promise<Reply> => {
    if (task.type === 'run') return { result: toWire(await executeSegment(await jobOf(task, at)), []) }
    if (task.type === 'open') {
      const job = await jobOf(task, at)
      expansion = Object.assign(await executeExpansion(job), { inputs: job.call.inputs })
      const { length, steps, diagnostics } = expansion
      return { opened: { length, steps: toWireSteps(steps), diagnostics } }
    }
    if (task.type === 'item') {
      if (!expansion) throw new ImageDocError('INTERNAL', 'No expansion is open in this worker.')
      const hooks = link.hooks(at.id, { memo: task.memo, has: task.has, signal: at.signal })
      return { result: toWire(await withoutKnownBytes(await expansion.at(task.index, hooks), hooks), expansion.inputs) }
    }
    await expansion?.[Symbol.asyncDispose]()
    expansion = undefined
    return { closed: true }
  }

  const begin = async (id: number, task: Task): Promise<void> => {
    const controller = new AbortController()
    current = { id, controller }
    const given: Promise<unknown>[] = []
    const reply = await perform(task, { id, signal: controller.signal, abandoned: (work) => given.push(work) }).catch(toErrorReply)
    // Without its plugins it is of no use for another task.
    const tainted = 'unloadable' in reply || (await goesOn(given))
    current = undefined
    if (!expansion) link.dropFiles()
    port.send({ type: 'reply', id, reply, tainted, keeps: task.type !== 'run', rss: process.memoryUsage.rss() })
  }

  return (message) => {
    if (message.type === 'init') {
      tmp = message.tmp
      registry = loadPlugins(message.plugins, port.loaded)
      registry.catch(() => {})
    } else if (message.type === 'task') void begin(message.id, message.task)
    else if (message.type === 'answer') link.answer(message)
    else if (message.type === 'abort' && current?.id === message.id) current.controller.abort()
    else if (message.type === 'end') void Promise.resolve(engines[Symbol.asyncDispose]()).finally(() => port.end())
  }
}

/** Whether given-up work does not end soon. */
async function goesOn(given: readonly Promise<unknown>[]): Promise<boolean> {
  if (given.length === 0) return false
  return Promise.race([Promise.allSettled(given).then(() => false), delay(GRACE_MS, true)])
}

/** One task at work. */
interface At {
  readonly id: number
  readonly signal: AbortSignal
  readonly abandoned: (work: Promise<unknown>) => void
}

function toErrorReply(error: unknown): Reply {
  return error instanceof UnloadableError ? { unloadable: error.plugins } : { error: packError(toImageDocError(error, 'INTERNAL')) }
}

function toWire(result: ItemResult, inputs: readonly Payload[]): WireResult {
  const steps = toWireSteps(result.steps)
  if ('hole' in result) return { ...result, steps, hole: { step: result.hole.step, error: packError(result.hole.error) } }
  if (!('kept' in result)) return { ...result, steps }
  const { from, ...kept } = result.kept
  return { ...result, steps, kept: { ...kept, ...(from && { input: inputs.indexOf(from) }) } }
}

function toWireSteps(steps: ItemResult['steps']): WireResult['steps'] {
  return steps.map(({ error, ...step }) => (error ? { ...step, error: packError(error) } : step))
}
