import { availableParallelism } from 'node:os'
import { defaultLimits } from '../artifact/limits.ts'
import type { AnyOperation } from '../operation/operation.ts'
import { membersOf, namedPorts } from '../operation/port.ts'
import type { Registry } from '../plugin/registry.ts'
import type { SegmentHooks, SegmentStep, StepRunner } from '../ports/step-runner.ts'
import { createEnginePool } from './engine-pool.ts'
import { isNetwork, type Place, splitByNetwork } from './network-split.ts'
import { createThisThread, NETWORK_CONCURRENCY } from './this-thread.ts'
import { threadChannels } from './thread-channel.ts'
import { createUnloadablePlugins, inProcessDiagnostic } from './unloadable-plugins.ts'
import { createWorkerPool } from './worker-pool.ts'

export interface InProcessRunnerOptions {
  registry: Registry
  /** Segments at work in the main thread at a time. @default cores + 1 */
  concurrency?: number
  /** Threads for what may compute without yielding. @default cores */
  threads?: number
  /** Bytes of JavaScript objects in one thread. @default 2 GiB */
  threadHeapBytes?: number
}

/**
 * Runs steps in this process: in threads, or in the main thread where operations say that they yield (`traits.blocking: false`) and where threads cannot
 * load the plugin. A call in the main thread cannot be stopped: when it is given up its result is dropped.
 * @example const runner = createInProcessRunner({ registry: createRegistry([image()]) })
 */
export function createInProcessRunner(options: InProcessRunnerOptions): StepRunner {
  const { registry, concurrency = availableParallelism() + 1, threads = availableParallelism() } = options
  const host = { registry, engines: createEnginePool() }
  const main = createThisThread(host, concurrency)
  const network = createThisThread(host, NETWORK_CONCURRENCY)
  const heap = options.threadHeapBytes ?? defaultLimits.memoryBytes
  const unloadable = createUnloadablePlugins(registry)
  const pool = createWorkerPool({ open: threadChannels(unloadable.modules, heap), size: threads, trusted: true })

  const placeFor = (steps: readonly SegmentStep[], report: SegmentHooks['report']): Place => {
    if (!mayBlock(steps, registry)) return main
    const found = unloadable.findFor(steps)
    if (found) report?.(inProcessDiagnostic(found))
    return found ? main : pool
  }
  /**
   * A thread that cannot load a plugin has done nothing: what is known then leads the steps elsewhere, also those that waited for a thread meanwhile and
   * came to one that was opened without the plugin.
   */
  const inPlace = async <Value>(
    steps: readonly SegmentStep[],
    { report }: SegmentHooks,
    work: (place: Place) => Promise<Value>,
  ): Promise<Value> => {
    for (;;) {
      const place = placeFor(steps, report)
      try {
        return await work(place)
      } catch (error) {
        const isMisplaced = unloadable.learn(error) || (place === pool && unloadable.findFor(steps) !== undefined)
        if (!isMisplaced) throw error
      }
    }
  }
  const local: Place = {
    run: (call, hooks) => inPlace(call.steps, hooks, (place) => place.run(call, hooks)),
    open: (call, hooks) => inPlace(call.steps, hooks, (place) => place.open(call, hooks)),
  }
  const { run, open } = splitByNetwork(registry, { local, network })
  return {
    runSegment: run,
    openExpansion: open,
    describe(steps) {
      const others = steps.filter((step) => !isNetwork(step, registry))
      const here = placeFor(others, undefined) === pool ? 'thread' : 'in process'
      return [...new Set(steps.map((step) => (isNetwork(step, registry) ? 'in process (network)' : here)))].join(', ')
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await host.engines[Symbol.asyncDispose]()
    },
  }
}

/** Whether the steps, or a codec that reads or writes their images, may compute without yielding. Steps with a network engine only wait. */
function mayBlock(steps: readonly SegmentStep[], { operations, codecs }: Registry): boolean {
  const codecMayBlock = codecs.some((codec) => codec.blocking !== false)
  return steps.some(({ use }) => {
    const operation = operations.get(use)?.operation
    return operation?.traits?.blocking !== false || (codecMayBlock && takesImages(operation))
  })
}

function takesImages({ input }: AnyOperation): boolean {
  return Object.values(namedPorts(input)).some((port) => membersOf(port).some((member) => member.form !== undefined))
}
