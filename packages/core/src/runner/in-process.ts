import { availableParallelism } from 'node:os'
import type { Registry } from '../plugin/registry.ts'
import type { SegmentStep, StepRunner } from '../ports/step-runner.ts'
import { createEnginePool } from './engine-pool.ts'
import { isNetwork, type Place, splitByNetwork } from './network-split.ts'
import { createThisThread } from './this-thread.ts'

export interface InProcessRunnerOptions {
  registry: Registry
  /** Segments at work in the main thread at a time. @default cores + 1 */
  concurrency?: number
  /** Threads for operations that compute without yielding. @default cores */
  threads?: number
}

/** Requests in flight to providers: they wait, they do not compute. */
const NETWORK_CONCURRENCY = 4

/** Runs steps in this process: in the main thread, or in threads where an operation has `traits.blocking`. Nothing here can stop an engine's call. */
export function createInProcessRunner({ registry, concurrency = availableParallelism() + 1 }: InProcessRunnerOptions): StepRunner {
  const engines = createEnginePool()
  const host = { registry, engines }
  const main = createThisThread(host, concurrency)
  const network = createThisThread(host, NETWORK_CONCURRENCY)
  const isBlocking = (step: SegmentStep): boolean => registry.operations.get(step.use)?.operation.traits?.blocking === true
  const local: Place = main
  const place = splitByNetwork(registry, { local, network })
  return {
    runSegment: place.run,
    openExpansion: place.open,
    describe(steps) {
      const words = steps.map((step) =>
        isNetwork(step, registry) ? 'in process (network)' : steps.some(isBlocking) ? 'thread' : 'in process',
      )
      return [...new Set(words)].join(', ')
    },
    [Symbol.asyncDispose]: () => engines[Symbol.asyncDispose](),
  }
}
