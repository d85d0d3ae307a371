import { canonicalJson, type Explanation, ImageDocError, type Json, type PipelineDefinition, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { storedSource } from '../documents/stored-source.ts'
import { changeIfUnchanged } from '../records/change-row.ts'
import { type Id, idFor, isId, newId } from '../records/id.ts'
import { insertOnce, isTaken } from '../records/insert-once.ts'
import type { PipelineVersion, SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'

/** How many taken numbers are passed over. */
const NUMBERS = 100

type Numbered = Pick<PipelineVersion, 'number' | 'definition'>
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
  const versionRow = (pipeline_id: Id, caller: Caller, { number, definition }: Numbered): PipelineVersion => ({
    _id: newId(),
    revision: 0,
    created_at: now(),
    pipeline_id,
    number,
    user_id: caller.userId,
    definition,
  })
  const create = async (caller: Caller, input: SavePipeline, definition: PipelineDefinition): Promise<PipelineWithDefinition> => {
    const { name, collection_id = null, idempotencyKey } = input
    const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, [caller.userId, 'pipeline', idempotencyKey])
    const row: SavedPipeline = { _id, revision: 0, created_at: now(), user_id: caller.userId, collection_id, name, version: 1 }
    const { row: pipeline } = await insertOnce(tables.pipelines, row, (there) => there.revision > 0 || there.name === name)
    // Also for a repeated request: the first one may have ended between the two rows.
    const isFirst = await insertVersion(tables, versionRow(_id, caller, { number: 1, definition }))
    const saved = await definitionOf(tables, pipeline, 1)
    if (isFirst || isSame(saved.definition, definition)) return saved
    throw new ImageDocError('IDEMPOTENCY_CONFLICT', 'This idempotency key was used for another pipeline. Use a new one for each.', {
      path: 'idempotencyKey',
    })
  }
  const change = async (caller: Caller, id: string, input: SavePipeline): Promise<PipelineWithDefinition> => {
    const row = await visible(caller, id, 'editor')
    const { revision, name } = input
    if (revision === undefined)
      throw new ImageDocError('INVALID_REQUEST', 'A change names the revision that it was made from.', { path: 'revision' })
    const definition = imagedoc.parse(input.definition)
    const collection = input.collection_id === undefined ? {} : { collection_id: input.collection_id }
    const { definition: present } = await definitionOf(tables, row, row.version)
    const added = row.revision !== revision || isSame(present, definition) ? undefined : await addVersion(row, caller, definition)
    const version = added?.number ?? row.version
    const change = { name, version, ...collection }
    const stored = await changeIfUnchanged(tables.pipelines, row, { revision, change }).catch(async (error: unknown) => {
      if (added) await tables.pipelineVersions.delete(added._id)
      throw error
    })
    return definitionOf(tables, stored, version)
  }
  /** Before the pipeline names it. A number that another change has taken meanwhile, or that an interrupted one left behind, is passed over. */
  const addVersion = async ({ _id, version }: SavedPipeline, caller: Caller, definition: PipelineDefinition): Promise<PipelineVersion> => {
    for (let number = version + 1; number <= version + NUMBERS; number++) {
      const row = versionRow(_id, caller, { number, definition })
      if (await insertVersion(tables, row)) return row
    }
    throw new ImageDocError('STORE_UNAVAILABLE', 'The pipeline is being changed by too many at once. Try again.')
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
      if (version !== undefined && version > pipeline.version) throw noVersion(version)
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
  throw noVersion(number)
}

/** False when the pipeline has a version of this number. */
async function insertVersion({ pipelineVersions }: Needs['tables'], row: PipelineVersion): Promise<boolean> {
  try {
    await pipelineVersions.insert(row)
    return true
  } catch (error) {
    if (isTaken(error, 'by_pipeline')) return false
    throw error
  }
}

function isSame(one: PipelineDefinition, other: PipelineDefinition): boolean {
  return canonicalJson(one as unknown as Json) === canonicalJson(other as unknown as Json)
}

function noVersion(number: number): ImageDocError {
  return new ImageDocError('NOT_FOUND', `The pipeline has no version ${number}.`, { path: 'version' })
}
