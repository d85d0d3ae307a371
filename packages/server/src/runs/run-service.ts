import { ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { type Id, idFor, newId } from '../records/id.ts'
import type { Batch, Run } from '../records/run.ts'
import { visibleRun } from '../run-events/visible-run.ts'
import type { Services } from '../services.ts'
import { batchFor, type Counts, countRuns } from './batches.ts'
import { cancelBatch, cancelRun } from './cancel-run.ts'
import { isEnded } from './claim.ts'
import { insertRun } from './insert-run.ts'
import { type ListRuns, listRuns } from './list-runs.ts'
import { newRun } from './new-run.ts'
import { assertRoom, type Started, type Needs as Starting, type StartRun, startRun } from './start-run.ts'

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
  const { access, audit, instanceKey, runner, tables } = services
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
    async retry(caller, { id, idempotencyKey }) {
      const run = await visibleRun(services, caller, id)
      // As for a start: whoever started it may have become a viewer since, and a document may be in the trash.
      if (run.document_id && !run.gather) await access.document(caller, run.document_id, { role: 'editor' })
      else await access.collection(caller, run.collection_id, { role: 'editor' })
      if (!isEnded(run.state))
        throw new ImageDocError('INVALID_REQUEST', 'The run has not ended yet: cancel it first, or wait.', { path: 'id' })
      const { collection_id, version, inputs, gather, title, pipeline, saved_pipeline, webhook } = run
      const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'retry', idempotencyKey])
      const given = {
        // What it gathered before is another document.
        document_id: gather ? null : run.document_id,
        collection_id,
        version,
        inputs,
        gather,
        title,
        pipeline,
        saved_pipeline,
        webhook_url: webhook?.url ?? null,
      }
      const row = newRun(services, {
        ...given,
        _id,
        user_id: caller.userId,
        priority: 0,
        idempotency_key: idempotencyKey ?? _id,
        retry_of: id,
      })
      if (!(await tables.runs.get(_id))) await assertRoom(services, caller.userId, 1)
      const again = await insertRun(services, row, (there) => there.retry_of === id)
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
