import { availableParallelism } from 'node:os'
import { defaultLimits, type Limits } from '../artifact/limits.ts'
import type { Registry } from '../plugin/registry.ts'
import type { StepRunner } from '../ports/step-runner.ts'
import { childChannels } from './child-channel.ts'
import { createEnginePool } from './engine-pool.ts'
import { isNetwork, splitByNetwork } from './network-split.ts'
import { createThisThread, NETWORK_CONCURRENCY } from './this-thread.ts'
import { pluginModules } from './unloadable-plugins.ts'
import { createWorkerPool } from './worker-pool.ts'

export interface ChildrenRunnerOptions {
  registry: Registry
  /** Children at work at a time. As many again may hold an open expansion. @default cores */
  children?: number
  /** The heap of a child and the size at which it is replaced follow from `memoryBytes`; each call brings its own limits. */
  limits?: Pick<Limits, 'memoryBytes'>
  /** Children give way to every other process: for work that nobody waits for. @default false */
  background?: boolean
  /** When an idle child is replaced: WASM memory never shrinks. @default 200 tasks, half of `memoryBytes` */
  recycleAfter?: { tasks?: number; rssBytes?: number }
}

/**
 * Runs steps in child processes, each with one segment at a time: a segfault, an endless loop or a page that needs too much memory fails
 * alone. Children get the plugins' options without the secret ones and nothing of the environment that may be one; steps with a network
 * engine run in this process.
 * @throws PLUGIN_INVALID for a plugin that children cannot load
 * @example const runner = createChildrenRunner({ registry: createRegistry([image()]), children: 2 })
 */
export function createChildrenRunner(options: ChildrenRunnerOptions): StepRunner {
  const { registry, children = availableParallelism(), limits = defaultLimits, background = false } = options
  const { tasks = 200, rssBytes = limits.memoryBytes / 2 } = options.recycleAfter ?? {}
  const host = { registry, engines: createEnginePool() }
  const pool = createWorkerPool({
    open: childChannels(pluginModules(registry), { heapBytes: limits.memoryBytes, background }),
    size: children,
    worn: (worker) => worker.jobs >= tasks || worker.rss >= rssBytes,
  })
  const { run, open } = splitByNetwork(registry, { local: pool, network: createThisThread(host, NETWORK_CONCURRENCY) })
  return {
    runSegment: run,
    openExpansion: open,
    describe: (steps) =>
      [...new Set(steps.map((step) => (isNetwork(step, registry) ? 'in process (network)' : 'child process')))].join(', '),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await host.engines[Symbol.asyncDispose]()
    },
  }
}
