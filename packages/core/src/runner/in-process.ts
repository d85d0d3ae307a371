import { availableParallelism } from 'node:os'
import { defaultLimits } from '../artifact/limits.ts'
import type { Registry } from '../plugin/registry.ts'
import type { SegmentStep, StepRunner } from '../ports/step-runner.ts'
import { createEnginePool } from './engine-pool.ts'
import { pluginModules } from './load-plugins.ts'
import { isNetwork, type Place, splitByNetwork } from './network-split.ts'
import { createThisThread, NETWORK_CONCURRENCY } from './this-thread.ts'
import { threadChannels } from './thread-channel.ts'
import { createWorkerPool } from './worker-pool.ts'

export interface InProcessRunnerOptions {
  registry: Registry
  /** Segments at work in the main thread at a time. @default cores + 1 */
  concurrency?: number
  /** Threads for operations that compute without yielding. @default cores */
  threads?: number
  /** Bytes of JavaScript objects in one thread. @default 2 GiB */
  threadHeapBytes?: number
}

/**
 * Runs steps in this process: in the main thread, or in threads where an operation has `traits.blocking`. An engine's call in the main
 * thread cannot be stopped: when it is given up its result is dropped.
 * @example const runner = createInProcessRunner({ registry: createRegistry([image()]) })
 */
export function createInProcessRunner(options: InProcessRunnerOptions): StepRunner {
  const { registry, concurrency = availableParallelism() + 1, threads = availableParallelism() } = options
  const host = { registry, engines: createEnginePool() }
  const main = createThisThread(host, concurrency)
  const network = createThisThread(host, NETWORK_CONCURRENCY)
  const heap = options.threadHeapBytes ?? defaultLimits.memoryBytes
  const pool = createWorkerPool({ open: threadChannels(pluginModules(registry), heap), size: threads, trusted: true })

  const blocks = (steps: readonly SegmentStep[]): boolean =>
    steps.some((step) => registry.operations.get(step.use)?.operation.traits?.blocking === true && !isNetwork(step, registry))
  const local: Place = {
    run: (call, hooks) => (blocks(call.steps) ? pool : main).run(call, hooks),
    open: (call, hooks) => (blocks(call.steps) ? pool : main).open(call, hooks),
  }
  const { run, open } = splitByNetwork(registry, { local, network })
  return {
    runSegment: run,
    openExpansion: open,
    describe(steps) {
      const here = blocks(steps) ? 'thread' : 'in process'
      return [...new Set(steps.map((step) => (isNetwork(step, registry) ? 'in process (network)' : here)))].join(', ')
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await host.engines[Symbol.asyncDispose]()
    },
  }
}
