import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { type Id, idFor, newId } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import { visibleRun } from '../run-events/visible-run.ts'
import { isEnded } from './claim.ts'
import { insertRun } from './insert-run.ts'
import { newRun } from './new-run.ts'
import { assertMayRead } from './run-rights.ts'
import { assertRoom, type Needs } from './start-run.ts'

/** The same again, as a new run; of another user's run without its webhook. @throws NOT_FOUND, FORBIDDEN; INVALID_REQUEST for one that has not ended; RATE_LIMITED */
export async function retryRun(
  services: Needs,
  caller: Caller,
  { id, idempotencyKey }: { id: Id; idempotencyKey?: string | undefined },
): Promise<Run> {
  const { access, instanceKey, tables } = services
  const run = await visibleRun(services, caller, id)
  // As for a start: whoever started it may have become a viewer since, and a document may be in the trash.
  if (run.document_id && !run.gather) await access.document(caller, run.document_id, { role: 'editor' })
  else await access.collection(caller, run.collection_id, { role: 'editor' })
  if (!isEnded(run.state))
    throw new ImageDocError('INVALID_REQUEST', 'The run has not ended yet: cancel it first, or wait.', { path: 'id' })
  // Nobody reads by another's run what she may not see herself.
  await assertMayRead(services, caller.userId, run.inputs)
  const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'retry', idempotencyKey])
  const row = newRun(services, { ...again(run, caller), _id, user_id: caller.userId, idempotency_key: idempotencyKey ?? _id, retry_of: id })
  if (!(await tables.runs.get(_id))) await assertRoom(services, caller.userId, 1)
  return insertRun(services, row, (there) => there.retry_of === id)
}

function again(run: Run, { userId }: Caller) {
  const { collection_id, document_id, version, inputs, gather, title, pipeline, saved_pipeline, webhook } = run
  // What it gathered before is another document.
  const target = { collection_id, document_id: gather ? null : document_id, version, inputs, gather, title }
  // An address belongs to whoever named it: nobody learns there what others do.
  const webhook_url = run.user_id === userId ? (webhook?.url ?? null) : null
  return { ...target, pipeline, saved_pipeline, webhook_url, priority: 0 as const }
}
