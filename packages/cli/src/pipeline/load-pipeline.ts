import type { AnyOperation, ImageDoc, Json, PipelineDefinition } from '@imagedoc/core'
import { type FormOf, setParameters } from './set-parameters.ts'

/**
 * Applies `--set` to a pipeline as it is written and checks the result.
 * @throws INVALID_PIPELINE with every problem; USAGE for a `--set` that names nothing
 */
export function loadPipeline(imagedoc: ImageDoc<AnyOperation>, written: unknown, assignments: readonly string[] = []): PipelineDefinition {
  return imagedoc.parse(setParameters(written, assignments, formsIn(imagedoc)))
}

/** Tells from the operations' JSON Schemas which parameters are text, or lists of texts. */
export function formsIn(imagedoc: Pick<ImageDoc<AnyOperation>, 'operations'>): FormOf {
  return (use, param) => {
    const { properties } = (imagedoc.operations().find((operation) => operation.name === use)?.params ?? {}) as {
      properties?: Record<string, { type?: Json; items?: { type?: Json } }>
    }
    const { type, items } = properties?.[param] ?? {}
    if (type === 'array' && items?.type === 'string') return 'texts'
    return type === 'string' ? 'text' : undefined
  }
}
