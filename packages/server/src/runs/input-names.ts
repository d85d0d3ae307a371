import { ImageDocError, type PipelineDefinition } from '@imagedoc/core'
import { fewNames } from '../rpc/bounded-error.ts'

/** What a pipeline calls the document that it is run over. */
const MAIN_INPUT = 'input'

/**
 * Said now, and not when its turn comes: inputs that the pipeline does not have, or that are missing.
 * @param further names beside the target, which is `input`
 * @throws INVALID_REQUEST, INPUT_MISSING
 */
export function assertInputNames(pipeline: PipelineDefinition, further: readonly string[]): void {
  const declared = Object.keys(pipeline.inputs ?? {}).filter((name) => name !== MAIN_INPUT)
  for (const name of further) {
    if (name === MAIN_INPUT)
      throw new ImageDocError('INVALID_REQUEST', `The target is the pipeline's input "${MAIN_INPUT}" already: leave it out of "inputs".`, {
        path: `inputs.${name}`,
      })
    if (!declared.includes(name))
      throw new ImageDocError('INVALID_REQUEST', `The pipeline has no input "${name}"; it has: ${fewNames([MAIN_INPUT, ...declared])}.`, {
        path: `inputs.${name}`,
      })
  }
  for (const name of declared)
    if (!further.includes(name))
      throw new ImageDocError('INPUT_MISSING', `The pipeline's input "${name}" was not given: name its document in "inputs".`, {
        path: `inputs.${name}`,
      })
}
