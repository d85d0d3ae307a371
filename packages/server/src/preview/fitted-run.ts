import { ImageDocError, isImageDocError, type Json, type StepDefinition } from '@imagedoc/core'

/** Two edges that were rounded, through two steps. */
const ATTEMPTS = 4

/**
 * Runs scaled steps. Rounding may make a length one pixel longer than the smaller page allows, at a crop to the page's edge for example: the parameter
 * that is refused is then shortened by a pixel. One that does not fit the full size either stays refused, with what the person wrote.
 */
export async function runFitted<Value>(
  steps: readonly StepDefinition[],
  scaled: readonly StepDefinition[],
  run: (steps: readonly StepDefinition[]) => Promise<Value>,
): Promise<Value> {
  let current = scaled
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(current)
    } catch (error) {
      const place = refusedParameter(error)
      const shorter = place && attempt < ATTEMPTS ? shortened(steps, current, place) : undefined
      if (shorter === undefined) throw place ? inWords(error as ImageDocError) : error
      current = shorter
    }
  }
}

interface Place {
  readonly index: number
  readonly name: string
}

function refusedParameter(error: unknown): Place | undefined {
  if (!isImageDocError(error) || error.code !== 'INVALID_PARAMETER') return undefined
  const [, index, name] = /^steps\[(\d+)\]\.with\.(\w+)$/.exec(error.path ?? '') ?? []
  return name === undefined ? undefined : { index: Number(index), name }
}

/** Undefined when the parameter was not scaled, or is as short as it can be. */
function shortened(
  steps: readonly StepDefinition[],
  scaled: readonly StepDefinition[],
  { index, name }: Place,
): StepDefinition[] | undefined {
  const value = parameterOf(scaled[index], name)
  if (typeof value !== 'number' || value === parameterOf(steps[index], name) || value < 1.5) return undefined
  const shorter = Math.round(value) - 1
  return scaled.map((step, at) => (at === index ? { ...step, with: { ...step.with, [name]: shorter } } : step))
}

const parameterOf = (step: StepDefinition | undefined, name: string): Json | undefined => step?.with?.[name]

function inWords(error: ImageDocError): ImageDocError {
  return new ImageDocError(error.code, `On the smaller page of the preview: ${error.message}`, {
    ...(error.path === undefined ? {} : { path: error.path }),
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error,
  })
}
