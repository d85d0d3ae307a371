import { existsSync } from 'node:fs'
import { type AnyOperation, type ImageDoc, ImageDocError, type PipelineDefinition, type Problem } from '@imagedoc/core'
import { formsIn } from '../pipeline/load-pipeline.ts'
import { readPipeline } from '../pipeline/read-pipeline.ts'
import { setParameters } from '../pipeline/set-parameters.ts'
import type { Client } from '../server/connect.ts'
import { isId } from '../server/is-id.ts'

/** What the server's plugins can do, in the place of those of this machine. */
export type Catalogue = Pick<ImageDoc<AnyOperation>, 'operations'>

/** A pipeline that the server takes. */
export interface ServerPipeline {
  /** As a run is started with it: a saved one stays known by its id. */
  readonly start: PipelineDefinition | { readonly id: string; readonly version: number }
  readonly definition: PipelineDefinition
  readonly notes: readonly string[]
}

/**
 * The pipeline of a file, or a saved one by its id, with `--set` applied and checked by the server: nothing is uploaded for one that cannot run.
 * @throws INVALID_PIPELINE with every problem; NOT_FOUND; USAGE for a `--set` that names nothing
 */
export async function pipelineAtServer(
  client: Client,
  { argument, assignments, catalogue }: { argument: string; assignments: readonly string[]; catalogue: Catalogue },
): Promise<ServerPipeline> {
  const saved = isId(argument) && !existsSync(argument) ? await client.pipelines.get({ id: argument }) : undefined
  const written = saved ? saved.definition : await readPipeline(argument)
  const definition = setParameters(written, assignments, formsIn(catalogue)) as PipelineDefinition
  const { valid, problems } = await client.pipelines.validate({ definition: definition as never })
  if (!valid) throw invalidPipeline(problems)
  const notes = problems.map(({ path, message, remedy }) => `warning   ${path}: ${message} ${remedy}`)
  const start = saved && assignments.length === 0 ? { id: saved.id, version: saved.number } : definition
  return { start, definition, notes }
}

function invalidPipeline(problems: readonly Problem[]): ImageDocError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const lines = errors.map(({ path, message, remedy }) => `  ${path}: ${message} ${remedy}`)
  const [first] = errors
  return new ImageDocError(
    'INVALID_PIPELINE',
    `The pipeline has ${errors.length === 1 ? 'a problem' : `${errors.length} problems`}:\n${lines.join('\n')}`,
    first ? { path: first.path } : {},
  )
}
