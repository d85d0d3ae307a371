// Placeholder by the lead until the runner helper replaces it.
import { ImageDocError } from '../errors/error.ts'
import type { StepRunner } from '../ports/step-runner.ts'

export function createChildrenRunner(_options: object): StepRunner {
  throw new ImageDocError('INTERNAL', 'Child processes are not there yet.')
}
