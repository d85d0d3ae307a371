import {
  canonicalJson,
  type Explanation,
  ImageDocError,
  isImageDocError,
  type Json,
  type PipelineDefinition,
  type RowPage,
} from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { storedSource } from '../documents/stored-source.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import { idFor, isId, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { PipelineVersion, SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'

type Needs = Pick<Services, 'access' | 'audit' | 'blobs' | 'imagedoc' | 'instanceKey' | 'now' | 'tables'>

/** A saved pipeline with one of its definitions. */
export interface PipelineWithDefinition {
  readonly pipeline: SavedPipeline
  readonly number: number
  readonly definition: PipelineDefinition
}

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
  /** Her own, or those shared in a collection. */
  list(
    caller: Caller,
    query: { collection_id?: string | undefined; after?: string | undefined; limit: number },
  ): Promise<RowPage<SavedPipeline>>
  get(caller: Caller, query: { id: string; version?: number | undefined }): Promise<PipelineWithDefinition>
  explain(caller: Caller, input: { definition: unknown; document_id: string }): Promise<Explanation>
}

export function createPipelineService(services: Needs): PipelineService {
  const { access, audit, imagedoc, instanceKey, now, tables } = services
  const visible = async (caller: Caller, id: string, role: 'viewer' | 'editor'): Promise<SavedPipeline> => {
    const row = isId(id) ? await tables.pipelines.get(id) : undefined
    if (row?.user_id === caller.userId) return row
    if (row?.collection_id) return access.collection(caller, row.collection_id, { role }).then(() => row)
    throw new ImageDocError('NOT_FOUND', 'There is no such pipeline, or you may not see it.', { path: 'id' })
  }
  const addVersion = async (pipeline: SavedPipeline, caller: Caller, definition: PipelineDefinition): Promise<void> => {
    const row: PipelineVersion = {
      _id: newId(),
      revision: 0,
      created_at: now(),
      pipeline_id: pipeline._id,
      number: pipeline.version,
      user_id: caller.userId,
      definition,
    }
    await tables.pipelineVersions.insert(row).catch((error: unknown) => {
      // A repeated request: the version is there.
      if (!isImageDocError(error) || error.code !== 'ALREADY_EXISTS') throw error
    })
  }
  const create = async (caller: Caller, input: SavePipeline, definition: PipelineDefinition): Promise<PipelineWithDefinition> => {
    const { name, collection_id = null, idempotencyKey } = input
    const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'pipeline', idempotencyKey])
    const row: SavedPipeline = { _id, revision: 0, created_at: now(), user_id: caller.userId, collection_id, name, version: 1 }
    const { row: pipeline } = await insertOnce(tables.pipelines, row, (there) => there.revision > 0 || there.name === name)
    await addVersion({ ...pipeline, version: 1 }, caller, definition)
    return definitionOf(tables, pipeline, 1)
  }
  const change = async (caller: Caller, id: string, input: SavePipeline): Promise<PipelineWithDefinition> => {
    const row = await visible(caller, id, 'editor')
    if (input.revision === undefined)
      throw new ImageDocError('INVALID_REQUEST', 'A change names the revision that it was made from.', { path: 'revision' })
    const { definition: present } = await definitionOf(tables, row, row.version)
    const definition = imagedoc.parse(input.definition)
    const version =
      canonicalJson(present as unknown as Json) === canonicalJson(definition as unknown as Json) ? row.version : row.version + 1
    // The version first: a pipeline never names one that is not there.
    if (version > row.version) await addVersion({ ...row, version }, caller, definition)
    const collection = input.collection_id === undefined ? {} : { collection_id: input.collection_id }
    const stored = await changeIfUnchanged(tables.pipelines, row, {
      revision: input.revision,
      change: { name: input.name, version, ...collection },
    })
    return definitionOf(tables, stored, version)
  }

  return {
    async save(caller, input) {
      const definition = imagedoc.parse(input.definition)
      if (input.collection_id) await access.collection(caller, input.collection_id, { role: 'editor', path: 'collection_id' })
      const saved = input.id === undefined ? await create(caller, input, definition) : await change(caller, input.id, input)
      await audit.record({ userId: caller.userId, action: 'pipelines.save', subject: { type: 'pipeline', id: saved.pipeline._id } })
      return saved
    },
    async list(caller, { collection_id, after, limit }) {
      const page = { order: 'descending', limit, ...(after === undefined ? {} : { after }) } as const
      if (collection_id === undefined) return tables.pipelines.list({ index: 'by_owner', equals: [caller.userId], ...page })
      await access.collection(caller, collection_id, { role: 'viewer', path: 'collection_id' })
      return tables.pipelines.list({ index: 'by_collection', equals: [collection_id], ...page })
    },
    async get(caller, { id, version }) {
      const pipeline = await visible(caller, id, 'viewer')
      return definitionOf(tables, pipeline, version ?? pipeline.version)
    },
    async explain(caller, { definition, document_id }) {
      const { document } = await access.document(caller, document_id, { role: 'viewer', path: 'document_id' })
      return imagedoc.explain(imagedoc.parse(definition), { input: storedSource(services, document) })
    },
  }
}

async function definitionOf(
  { pipelineVersions }: Needs['tables'],
  pipeline: SavedPipeline,
  number: number,
): Promise<PipelineWithDefinition> {
  const { rows } = await pipelineVersions.list({ index: 'by_pipeline', equals: [pipeline._id, number], limit: 1 })
  const [found] = rows
  if (found) return { pipeline, number, definition: found.definition }
  throw new ImageDocError('NOT_FOUND', `The pipeline has no version ${number}.`, { path: 'version' })
}
