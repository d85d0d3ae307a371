import { availableParallelism } from 'node:os'
import type { JobQueue, RunPages } from '@imagedoc/core'
import { everyRow } from '../records/every-row.ts'
import { type Id, newId } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import { createNobodyTakes } from '../workers/nobody-takes.ts'
import type { Roster } from '../workers/roster.ts'
import { createDispatcher } from './dispatcher.ts'
import { fillBatch } from './fill-batch.ts'
import { workOnPages } from './page-worker.ts'
import { createRemotePages } from './remote-pages.ts'
import { createRunCancels } from './run-cancels.ts'
import { createRunEngine, type Needs as Engine } from './run-engine.ts'
import { createRunPages } from './run-pages.ts'
import type { Runner, RunnerParts } from './runner.ts'
import { createTurns } from './turns.ts'

type Needs = Engine &
  Pick<Services, 'events' | 'instanceKey'> & {
    readonly queue: JobQueue
    /** True: pages are jobs for workers, this process perhaps among them. False: this process computes them, and they take turns. */
    readonly distributed: boolean
    /** Undefined where nobody can know which workers there are. */
    readonly roster: Roster | undefined
    /** Namespaces of the operations that this process knows. */
    readonly namespaces: readonly string[]
  }

/** Batches that were interrupted are looked for so often. */
const RECONCILE_MS = 5000

/** Where a run's pages are computed. */
function openPages(services: Needs, work: RunnerParts['work']): AsyncDisposable & { of(run: Run): RunPages } {
  const { distributed, queue, roster, namespaces } = services
  if (!distributed) {
    const turns = createTurns(queue, work?.concurrency ?? availableParallelism() + 1)
    return { of: (run) => createRunPages(services, run, turns), [Symbol.asyncDispose]: () => turns[Symbol.asyncDispose]() }
  }
  const stack = new AsyncDisposableStack()
  const nobodyTakes = roster && stack.use(createNobodyTakes({ roster, log: services.log }))
  if (work) {
    const id = newId()
    stack.use(workOnPages(services, queue, { ...work, id }))
    const { concurrency, has: takes = namespaces } = work
    // Left before the pages are drained: no more are taken from then on.
    if (roster) stack.use(roster.join({ id, takes, concurrency }))
  }
  return {
    of: (run) => createRemotePages(services, run, { queue, nobodyTakes, namespaces }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export async function createRunner(services: Needs): Promise<Runner & AsyncDisposable> {
  const cancels = await createRunCancels(services.events)
  let waking = (): void => {}
  const filling = new Set<Promise<void>>()
  const fill = (id: Id): void => {
    // It is filled when there is room: unfinished batches are looked for all the time.
    if (services.room.isFull()) return
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
    async start({ dispatch = true, work = { concurrency: availableParallelism() + 1 } } = {}) {
      await using stack = new AsyncDisposableStack()
      const pagesOfRun = stack.use(openPages(services, work)).of
      if (!dispatch) return stack.move()
      const dispatcher = stack.use(createDispatcher(services, createRunEngine(services, pagesOfRun), cancels))
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
