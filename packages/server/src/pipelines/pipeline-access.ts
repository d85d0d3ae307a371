import { ImageDocError, isImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { assertMayGive } from '../access/collection-access.ts'
import type { Collection, MemberRole } from '../records/collection.ts'
import { everyRow } from '../records/every-row.ts'
import { type Id, isId } from '../records/id.ts'
import type { SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'access' | 'tables'>

/**
 * A saved pipeline that somebody may read or change: their own, or one that is shared in a collection where they have this role. What is shared
 * belongs to the collection: whoever saved it first has no right to it beyond their role there.
 * @throws NOT_FOUND, as if it did not exist; FORBIDDEN where the role does not reach
 */
export async function pipelineFor(
  { access, tables }: Needs,
  caller: Caller,
  { id, role }: { id: string; role: MemberRole },
): Promise<SavedPipeline> {
  const row = isId(id) ? await tables.pipelines.get(id) : undefined
  if (!row) throw unseen()
  if (row.collection_id !== null && (await tables.collections.get(row.collection_id))) {
    // Of a collection in the trash its owner reads the pipelines; nobody changes them.
    await access.collection(caller, row.collection_id, { role, trashed: role === 'viewer' }).catch((error: unknown) => {
      throw isUnseen(error) ? unseen() : error
    })
    return row
  }
  // Servers before this one left the name of a collection behind that was purged.
  if (row.user_id === caller.userId) return row
  throw unseen()
}

/** Without those in collections that the caller may not see any more. */
export async function visiblePipelines(services: Needs, caller: Caller, rows: readonly SavedPipeline[]): Promise<readonly SavedPipeline[]> {
  const seen = await Promise.all(rows.map((row) => pipelineFor(services, caller, { id: row._id, role: 'viewer' }).catch(noneIfUnseen)))
  return seen.filter((row) => row !== undefined)
}

/** What a change of the collection writes into the pipeline's row. @throws NOT_FOUND, FORBIDDEN */
export async function sharing(
  { access, tables }: Needs,
  caller: Caller,
  { pipeline, collectionId }: { pipeline: SavedPipeline; collectionId: Id | null },
): Promise<Partial<Pick<SavedPipeline, 'collection_id' | 'user_id'>>> {
  if (collectionId === pipeline.collection_id) return {}
  const to = collectionId === null ? null : await access.collection(caller, collectionId, { role: 'editor', path: 'collection_id' })
  const from = pipeline.collection_id === null ? undefined : await tables.collections.get(pipeline.collection_id)
  if (from) assertMayGive(caller, from, to)
  // Taken out of a collection it is theirs who took it out, whoever saved it first.
  return { collection_id: collectionId, ...(to ? {} : { user_id: caller.userId }) }
}

/** Before a collection goes for good: its pipelines go back to who saved them first, or to its owner where that one is no member any more. */
export async function givePipelinesBack({ tables }: Pick<Needs, 'tables'>, collection: Collection): Promise<void> {
  const { _id, readers, user_id: owner } = collection
  for await (const pipeline of everyRow(tables.pipelines, { index: 'by_collection', equals: [_id] })) {
    const user_id = readers.includes(pipeline.user_id) ? pipeline.user_id : owner
    await tables.pipelines.replaceIf({ ...pipeline, collection_id: null, user_id })
  }
}

function noneIfUnseen(error: unknown): undefined {
  if (!isUnseen(error)) throw error
}

const isUnseen = (error: unknown): boolean => isImageDocError(error) && error.code === 'NOT_FOUND'

function unseen(): ImageDocError {
  return new ImageDocError('NOT_FOUND', 'There is no such pipeline, or you may not see it.', { path: 'id' })
}
