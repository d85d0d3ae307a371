import type { PipelineDefinition, Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

/** A saved pipeline; its definitions stand in `pipeline_versions`, each unchangeable. */
export interface SavedPipeline extends Stored {
  readonly user_id: Id
  /** Shared with the members of this collection. */
  readonly collection_id: Id | null
  readonly name: string
  /** The newest; counted from 1. */
  readonly version: number
  /** Of all its versions as JSON; not there in rows of servers that did not count. */
  readonly bytes?: number
}

export const pipelines: TableDefinition<SavedPipeline> = {
  name: 'pipelines',
  indexes: {
    by_owner: { fields: ['user_id', 'created_at'] },
    by_collection: { fields: ['collection_id', 'created_at'] },
    by_age: { fields: ['created_at'] },
  },
}

export interface PipelineVersion extends Stored {
  readonly pipeline_id: Id
  readonly number: number
  readonly user_id: Id
  readonly definition: PipelineDefinition
}

export const pipelineVersions: TableDefinition<PipelineVersion> = {
  name: 'pipeline_versions',
  indexes: { by_pipeline: { fields: ['pipeline_id', 'number'], unique: true } },
}
