import type { AnyOperation, ImageDoc, Json, PipelineDefinition } from '@imagedoc/core'
import { type IsText, setParameters } from './set-parameters.ts'

/**
 * Applies `--set` to a pipeline as it is written and checks the result.
 * @throws INVALID_PIPELINE with every problem; USAGE for a `--set` that names nothing
 */
export function loadPipeline(imagedoc: ImageDoc<AnyOperation>, written: unknown, assignments: readonly string[] = []): PipelineDefinition {
  return imagedoc.parse(setParameters(written, assignments, isTextIn(imagedoc)))
}

/** Tells from the operations' JSON Schemas which parameters are text. */
export function isTextIn(imagedoc: Pick<ImageDoc<AnyOperation>, 'operations'>): IsText {
  return (use, param) => {
    const { properties } = (imagedoc.operations().find((operation) => operation.name === use)?.params ?? {}) as {
      properties?: Record<string, { type?: Json }>
    }
    return properties?.[param]?.type === 'string'
  }
}
