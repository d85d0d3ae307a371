import type { RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Id } from '../records/id.ts'
import type { Batch, Run } from '../records/run.ts'
import { visibleRun } from '../run-events/visible-run.ts'
import type { Services } from '../services.ts'
import { batchFor, type Counts, countRuns } from './batches.ts'
import { cancelBatch, cancelRun } from './cancel-run.ts'
import { type ListRuns, listRuns } from './list-runs.ts'
import { retryRun } from './retry-run.ts'
import { type Started, type Needs as Starting, type StartRun, startRun } from './start-run.ts'

type Needs = Starting & Pick<Services, 'runEvents' | 'runner' | 'webhooks'>

export interface CountedBatch {
  readonly batch: Batch
  readonly counts: Counts
}

/** Runs as their users see them. */
export interface RunService {
  start(caller: Caller, start: StartRun): Promise<Started>
  get(caller: Caller, id: Id): Promise<Run>
  /** Newest first: of a document, a collection or a batch that she may see, or her own. */
  list(caller: Caller, query: ListRuns): Promise<RowPage<Run>>
  /** One that has ended stays as it is. */
  cancel(caller: Caller, id: Id): Promise<Run>
  /** The same again, as a new run. */
  retry(caller: Caller, input: { id: Id; idempotencyKey?: string | undefined }): Promise<Run>
  batch(caller: Caller, id: Id): Promise<CountedBatch>
  cancelBatch(caller: Caller, id: Id): Promise<CountedBatch>
}

export function createRunService(services: Needs): RunService {
  const { access, audit, runner } = services
  /** Whoever started it, or may change the document. */
  const changeable = async (caller: Caller, id: Id): Promise<Run> => {
    const run = await visibleRun(services, caller, id)
    if (run.user_id === caller.userId) return run
    if (run.document_id) await access.document(caller, run.document_id, { role: 'editor' })
    else await access.collection(caller, run.collection_id, { role: 'editor' })
    return run
  }
  const counted = async (batch: Batch): Promise<CountedBatch> => ({ batch, counts: await countRuns(services, batch) })

  return {
    async start(caller, start) {
      const started = await startRun(services, caller, start)
      if (started.type === 'batch') runner.fill(started.batch._id)
      else runner.wake()
      return started
    },
    get: (caller, id) => visibleRun(services, caller, id),
    list: (caller, query) => listRuns(services, caller, query),
    async cancel(caller, id) {
      const run = await changeable(caller, id)
      await audit.record({ userId: caller.userId, action: 'runs.cancel', subject: { type: 'run', id } })
      return cancelRun(services, run)
    },
    async retry(caller, input) {
      const again = await retryRun(services, caller, input)
      await audit.record({ userId: caller.userId, action: 'runs.retry', subject: { type: 'run', id: again._id } })
      runner.wake()
      return again
    },
    batch: async (caller, id) => counted(await batchFor(services, caller, { id, role: 'viewer' })),
    async cancelBatch(caller, id) {
      const batch = await batchFor(services, caller, { id, role: 'editor' })
      await audit.record({ userId: caller.userId, action: 'runs.batches.cancel', subject: { type: 'batch', id } })
      return counted((await cancelBatch(services, id)) ?? batch)
    },
  }
}
