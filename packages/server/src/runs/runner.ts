import { availableParallelism } from 'node:os'
import type { JobQueue } from '@imagedoc/core'
import { everyRow } from '../records/every-row.ts'
import type { Id } from '../records/id.ts'
import type { Services } from '../services.ts'
import { createDispatcher } from './dispatcher.ts'
import { fillBatch } from './fill-batch.ts'
import { createRunCancels } from './run-cancels.ts'
import { createRunEngine, type Needs as Engine } from './run-engine.ts'
import { createTurns } from './turns.ts'

type Needs = Engine & Pick<Services, 'events' | 'instanceKey'> & { readonly queue: JobQueue }

/** Batches that were interrupted are looked for so often. */
const RECONCILE_MS = 5000

/** What does the runs of this server. */
export interface Runner {
  /** Begins to do what waits, and what another process has left behind. */
  start(): Promise<AsyncDisposable>
  /** A run waits that did not before. */
  wake(): void
  /** Makes the runs of a batch. */
  fill(batchId: Id): void
  /** Stops a run that is being done, wherever that is. */
  cancel(id: Id): Promise<void>
}

export async function createRunner(services: Needs): Promise<Runner & AsyncDisposable> {
  const cancels = await createRunCancels(services.events)
  let waking = (): void => {}
  const filling = new Set<Promise<void>>()
  const fill = (id: Id): void => {
    const filled = fillBatch(services, id)
      .then(() => waking())
      .catch((error: unknown) => services.log.error({ batch: id, stack: error instanceof Error ? error.stack : undefined }, 'batch'))
      .finally(() => filling.delete(filled))
    filling.add(filled)
  }
  const fillAll = async (): Promise<void> => {
    for await (const { _id } of everyRow(services.tables.batches, { index: 'by_complete', equals: [false] })) fill(_id)
  }
  return {
    wake: () => waking(),
    fill,
    cancel: (id) => cancels.tell(id),
    async start() {
      await using stack = new AsyncDisposableStack()
      const turns = stack.use(createTurns(services.queue, availableParallelism() + 1))
      const dispatcher = stack.use(createDispatcher(services, createRunEngine(services, turns), cancels))
      waking = () => dispatcher.wake()
      const reconcile = (): void => void fillAll().catch(() => undefined)
      const timer = setInterval(reconcile, RECONCILE_MS)
      timer.unref()
      stack.defer(() => clearInterval(timer))
      reconcile()
      return stack.move()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(filling)
      await cancels[Symbol.asyncDispose]()
    },
  }
}
