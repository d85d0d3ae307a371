import { ImageDocError } from '@imagedoc/core'
import { insertOnce } from '../records/insert-once.ts'
import type { Run } from '../records/run.ts'
import { isPurging } from '../records/trash.ts'
import type { Services } from '../services.ts'

/**
 * Inserts a run; one of the same request that is there already is given back. A purge that listed the document's runs before this one came does not see
 * it: so it is looked afterwards whether the document is still there.
 * @throws IDEMPOTENCY_CONFLICT; NOT_FOUND when the document goes just now, and then there is no run either
 */
export async function insertRun({ tables }: Pick<Services, 'tables'>, run: Run, same: (there: Run) => boolean): Promise<Run> {
  const { row } = await insertOnce(tables.runs, run, same)
  if (row.document_id === null) return row
  const document = await tables.documents.get(row.document_id)
  if (document && !isPurging(document)) return row
  await tables.runs.delete(row._id)
  throw new ImageDocError('NOT_FOUND', 'There is no such document, or you may not see it.', { path: 'target.document_id' })
}
