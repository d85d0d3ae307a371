import { ImageDocError, type OperationInfo, type StepDefinition } from '@imagedoc/core'
import type { Services } from '../services.ts'

/** What the installed operations say of themselves, by name. */
export type Operations = ReadonlyMap<string, OperationInfo>

/**
 * The steps of a preview: quick ones, each from one image to one image.
 * @throws INVALID_PIPELINE with every problem; INVALID_REQUEST for a step that a preview does not do, with its path
 */
export function readSteps(
  interactive: Pick<Services['interactive'], 'parse'>,
  operations: Operations,
  steps: readonly unknown[],
): StepDefinition[] {
  if (steps.length === 0) return []
  const parsed = interactive.parse({ version: 1, steps }).steps
  for (const [index, step] of parsed.entries()) {
    const why = reasonAgainst(step, operations.get(step.use))
    if (why !== undefined) throw refused(step.use, { index, why })
  }
  return parsed
}

function reasonAgainst(step: StepDefinition, info: OperationInfo | undefined): string | undefined {
  if (info === undefined) return 'is not known'
  const needed = info.inputs.filter(({ optional }) => !optional)
  const ports = [...needed, info.output]
  if (needed.length !== 1 || ports.some(({ kinds, many }) => many || kinds.join() !== 'image'))
    return `does not make one image of one image (${needed.map(({ words }) => words).join(' and ')} to ${info.output.words})`
  if (info.cost === 'heavy') return 'takes long'
  if (mayUseNetwork(step, info)) return 'asks a remote service'
  return undefined
}

/** With `auto` any of its engines may be chosen. */
function mayUseNetwork({ engine = 'auto' }: StepDefinition, { engines }: OperationInfo): boolean {
  return engines.some(({ id, network }) => network && (engine === 'auto' || engine === id))
}

function refused(use: string, { index, why }: { index: number; why: string }): ImageDocError {
  const message = `A preview cannot show ${use}, because it ${why}. Leave the step out, or run the pipeline.`
  return new ImageDocError('INVALID_REQUEST', message, { path: `steps[${index}].use` })
}
