import { ImageDocError, type ListQuery, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import { isVisible } from '../run-events/visible-run.ts'
import type { Services } from '../services.ts'
import { batchFor } from './batches.ts'
import { boundedPage } from './bounded-page.ts'

type Needs = Pick<Services, 'access' | 'tables'>

export interface ListRuns {
  readonly document_id?: Id | undefined
  readonly collection_id?: Id | undefined
  readonly batch_id?: Id | undefined
  readonly state?: Run['state'] | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/** Newest first: of a document, a collection or a batch that she may see, or her own. */
export async function listRuns(services: Needs, caller: Caller, query: ListRuns): Promise<RowPage<Run>> {
  const { access, tables } = services
  const { document_id, collection_id, batch_id, state, after, limit } = query
  const list = (given: Pick<ListQuery, 'index' | 'equals'>): Promise<RowPage<Run>> =>
    boundedPage((part) => tables.runs.list({ ...given, order: 'descending', ...part }), { after, limit })
  const given = [document_id, collection_id, batch_id].filter((id) => id !== undefined)
  if (given.length > 1)
    throw new ImageDocError('INVALID_REQUEST', 'Name one of document_id, collection_id and batch_id.', { path: 'document_id' })
  if (state !== undefined && (document_id !== undefined || collection_id !== undefined))
    throw new ImageDocError('INVALID_REQUEST', 'By state, list a batch or your own runs.', { path: 'state' })
  const byState = state === undefined ? [] : [state]
  if (document_id !== undefined) {
    await access.document(caller, document_id, { role: 'viewer', trashed: true, path: 'document_id' })
    return list({ index: 'by_document', equals: [document_id] })
  }
  if (collection_id !== undefined) {
    await access.collection(caller, collection_id, { role: 'viewer', trashed: true, path: 'collection_id' })
    return visibleOnes(services, caller, await list({ index: 'by_collection', equals: [collection_id] }))
  }
  if (batch_id !== undefined) {
    await batchFor(services, caller, { id: batch_id, role: 'viewer' })
    return visibleOnes(services, caller, await list({ index: 'by_batch', equals: [batch_id, ...byState] }))
  }
  return state === undefined
    ? list({ index: 'by_user', equals: [caller.userId] })
    : list({ index: 'by_user_state', equals: [caller.userId, state] })
}

/** Not those of documents that were moved to where she may not see them: then a page has fewer. */
async function visibleOnes(services: Needs, caller: Caller, { rows, next }: RowPage<Run>): Promise<RowPage<Run>> {
  const seen = await Promise.all(rows.map((run) => isVisible(services, caller, run)))
  return { rows: rows.filter((_, index) => seen[index]), next }
}
