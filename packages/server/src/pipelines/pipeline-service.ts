import { type Explanation, ImageDocError, type PipelineDefinition, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { cacheScopeOf } from '../cache-scope.ts'
import { storedSource } from '../documents/stored-source.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'
import { pipelineFor, sharing, visiblePipelines } from './pipeline-access.ts'
import { assertPipelineRoom, sizeOf } from './pipeline-room.ts'
import { addVersion, definitionOf, insertVersion, isSameDefinition, type PipelineWithDefinition } from './pipeline-versions.ts'

type Needs = Pick<Services, 'access' | 'audit' | 'blobs' | 'imagedoc' | 'instanceKey' | 'now' | 'queues' | 'settings' | 'tables'>

export interface SavePipeline {
  /** A further version of this one; otherwise a new pipeline. */
  readonly id?: string | undefined
  readonly revision?: number | undefined
  readonly name: string
  readonly definition: unknown
  readonly collection_id?: string | null | undefined
  readonly idempotencyKey?: string | undefined
}

/** Saved pipelines: each change makes a version, and no version ever changes. */
export interface PipelineService {
  save(caller: Caller, input: SavePipeline): Promise<PipelineWithDefinition>
  /** The caller's own, with those that they shared and may still see; or those shared in a collection. A page may have fewer than its limit. */
  list(
    caller: Caller,
    query: { collection_id?: string | undefined; after?: string | undefined; limit: number },
  ): Promise<RowPage<SavedPipeline>>
  get(caller: Caller, query: { id: string; version?: number | undefined }): Promise<PipelineWithDefinition>
  explain(caller: Caller, input: { definition: unknown; document_id: string }): Promise<Explanation>
}

export function createPipelineService(services: Needs): PipelineService {
  const { access, audit, imagedoc, instanceKey, now, queues, tables } = services
  const create = async (caller: Caller, input: SavePipeline, definition: PipelineDefinition): Promise<PipelineWithDefinition> => {
    const { name, collection_id = null, idempotencyKey } = input
    if (collection_id !== null) await access.collection(caller, collection_id, { role: 'editor', path: 'collection_id' })
    const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'pipeline', idempotencyKey])
    const bytes = sizeOf(definition)
    if (idempotencyKey === undefined || !(await tables.pipelines.get(_id)))
      await assertPipelineRoom(services, caller.userId, { pipelines: 1, bytes })
    const row: SavedPipeline = { _id, revision: 0, created_at: now(), user_id: caller.userId, collection_id, name, version: 1, bytes }
    const { row: pipeline, isNew } = await insertOnce(tables.pipelines, row, (there) => there.revision > 0 || there.name === name)
    // It may have been shared since the first request, and the caller have left that collection.
    if (!isNew) await pipelineFor(services, caller, { id: _id, role: 'viewer' })
    // Also for a repeated request: the first one may have ended between the two rows.
    const isFirst = await insertVersion(services, { pipeline_id: _id, number: 1, user_id: caller.userId, definition })
    const saved = await definitionOf(tables, pipeline, 1)
    if (isFirst || isSameDefinition(saved.definition, definition)) return saved
    throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another pipeline. Use a new one for each.', {
      path: 'idempotencyKey',
    })
  }
  const change = async (caller: Caller, id: string, input: SavePipeline): Promise<PipelineWithDefinition> => {
    const row = await pipelineFor(services, caller, { id, role: 'editor' })
    const { revision, name } = input
    if (revision === undefined)
      throw new ImageDocError('INVALID_REQUEST', 'A change names the revision that it was made from.', { path: 'revision' })
    const definition = imagedoc.parse(input.definition)
    const collectionId = input.collection_id === undefined ? row.collection_id : input.collection_id
    const shared = await sharing(services, caller, { pipeline: row, collectionId })
    const { definition: present } = await definitionOf(tables, row, row.version)
    const isNew = row.revision === revision && !isSameDefinition(present, definition)
    const bytes = isNew ? sizeOf(definition) : 0
    if (isNew) await assertPipelineRoom(services, row.user_id, { pipelines: 0, bytes })
    const added = isNew ? await addVersion(services, row, { user_id: caller.userId, definition }) : undefined
    const version = added?.number ?? row.version
    const change = { name, version, bytes: (row.bytes ?? 0) + bytes, ...shared }
    const stored = await changeIfUnchanged(tables.pipelines, row, { revision, change }).catch(async (error: unknown) => {
      if (added) await tables.pipelineVersions.delete(added._id)
      throw error
    })
    return definitionOf(tables, stored, version)
  }

  return {
    async save(caller, input) {
      const definition = imagedoc.parse(input.definition)
      const saved = input.id === undefined ? await create(caller, input, definition) : await change(caller, input.id, input)
      await audit.record({ userId: caller.userId, action: 'pipelines.save', subject: { type: 'pipeline', id: saved.pipeline._id } })
      return saved
    },
    async list(caller, { collection_id, after, limit }) {
      const page = { order: 'descending', limit, after } as const
      if (collection_id === undefined) {
        const { rows, next } = await tables.pipelines.list({ index: 'by_owner', equals: [caller.userId], ...page })
        return { rows: await visiblePipelines(services, caller, rows), next }
      }
      await access.collection(caller, collection_id, { role: 'viewer', path: 'collection_id' })
      return tables.pipelines.list({ index: 'by_collection', equals: [collection_id], ...page })
    },
    async get(caller, { id, version }) {
      const pipeline = await pipelineFor(services, caller, { id, role: 'viewer' })
      return definitionOf(tables, pipeline, version ?? pipeline.version)
    },
    async explain(caller, { definition, document_id }) {
      const { document, collection } = await access.document(caller, document_id, { role: 'viewer', path: 'document_id' })
      const scope = cacheScopeOf(services, collection)
      const explain = () => imagedoc.explain(imagedoc.parse(definition), { input: storedSource(services, document) }, scope)
      return queues.explanations.run(caller.userId, explain, { signal: caller.signal })
    },
  }
}
