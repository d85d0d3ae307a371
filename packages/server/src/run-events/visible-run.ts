import { ImageDocError, isImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { isId } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'

/** A run that she started, or one over what she may view. @throws NOT_FOUND, as if it did not exist */
export async function visibleRun({ tables, access }: Pick<Services, 'tables' | 'access'>, caller: Caller, id: string): Promise<Run> {
  const run = isId(id) ? await tables.runs.get(id) : undefined
  if (run && (await isVisible({ access }, caller, run))) return run
  throw unseen()
}

/** As `visibleRun`, of one that was read. */
export async function isVisible({ access }: Pick<Services, 'access'>, caller: Caller, run: Run): Promise<boolean> {
  if (run.user_id === caller.userId) return true
  const needed = { role: 'viewer', trashed: true } as const
  try {
    // A document may have been moved: who may see it now may see its runs.
    if (run.document_id) await access.document(caller, run.document_id, needed)
    else await access.collection(caller, run.collection_id, needed)
    return true
  } catch (error) {
    if (isImageDocError(error) && error.code === 'NOT_FOUND') return false
    throw error
  }
}

function unseen(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'There is no such run, or you may not see it.', { path: 'id' })
}
