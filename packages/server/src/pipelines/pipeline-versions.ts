import { canonicalJson, ImageDocError, type Json, type PipelineDefinition } from '@imagedoc/core'
import { newId } from '../records/id.ts'
import { isTaken } from '../records/insert-once.ts'
import type { PipelineVersion, SavedPipeline } from '../records/pipeline.ts'
import type { Services } from '../services.ts'

/** How many taken numbers are passed over. */
const NUMBERS = 100

type Needs = Pick<Services, 'now' | 'tables'>
type NewVersion = Pick<PipelineVersion, 'pipeline_id' | 'number' | 'user_id' | 'definition'>

/** A saved pipeline with one of its definitions. */
export interface PipelineWithDefinition {
  readonly pipeline: SavedPipeline
  readonly number: number
  readonly definition: PipelineDefinition
}

/** @throws NOT_FOUND for a number that the pipeline does not have, or not yet */
export async function definitionOf(
  { pipelineVersions }: Needs['tables'],
  pipeline: SavedPipeline,
  number: number,
): Promise<PipelineWithDefinition> {
  const { rows } = await pipelineVersions.list({ index: 'by_pipeline', equals: [pipeline._id, number], limit: 1 })
  const [found] = rows
  // A higher one is that of a change under way, or of one that was interrupted.
  if (found && number <= pipeline.version) return { pipeline, number, definition: found.definition }
  throw new ImageDocError('NOT_FOUND', `The pipeline has no version ${number}.`, { path: 'version' })
}

/** Undefined when the pipeline has a version of this number. */
export async function insertVersion({ now, tables }: Needs, version: NewVersion): Promise<PipelineVersion | undefined> {
  const row: PipelineVersion = { _id: newId(), revision: 0, created_at: now(), ...version }
  try {
    await tables.pipelineVersions.insert(row)
    return row
  } catch (error) {
    if (isTaken(error, 'by_pipeline')) return undefined
    throw error
  }
}

/**
 * A further version, which comes before the pipeline names it. A number that another change has taken meanwhile, or that an interrupted one left
 * behind, is passed over.
 */
export async function addVersion(
  needs: Needs,
  { _id: pipeline_id, version }: SavedPipeline,
  made: Pick<NewVersion, 'user_id' | 'definition'>,
): Promise<PipelineVersion> {
  for (let number = version + 1; number <= version + NUMBERS; number++) {
    const row = await insertVersion(needs, { pipeline_id, number, ...made })
    if (row) return row
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'The pipeline is being changed by too many at once. Try again.')
}

export function isSameDefinition(one: PipelineDefinition, other: PipelineDefinition): boolean {
  return canonicalJson(one as unknown as Json) === canonicalJson(other as unknown as Json)
}
