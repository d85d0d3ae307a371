import { ImageDocError } from '../errors/error.ts'
import type { SegmentResult, SegmentStep } from '../ports/step-runner.ts'
import type { Fault } from './segment-job.ts'

/** A step took its worker along, so that the worker could not say so itself. */
export class WorkerFault extends Error {
  readonly step: SegmentStep
  /** Attempts made, this one included. */
  readonly attempts: number
  readonly error: ImageDocError
  readonly ms: number

  constructor(at: { step: SegmentStep; attempts: number; since: number }, error: ImageDocError) {
    super(error.message)
    this.step = at.step
    this.attempts = at.attempts
    this.ms = performance.now() - at.since
    const { code, message, details, retryable, cause } = error
    this.error = new ImageDocError(code, message, { path: at.step.path, details, retryable, cause })
  }

  /** True when the step may be tried again. */
  get retryable(): boolean {
    return this.error.retryable && this.attempts <= this.step.retries
  }

  /** The same for the next worker. */
  toFault(): Fault {
    return { attempts: this.attempts, error: this.error.toJSON() }
  }

  /** What `onError: 'skip'` makes of it. Of the steps before it only the worker knew. */
  toHole(): SegmentResult {
    const steps = [{ id: this.step.id, ms: this.ms, outcome: 'skipped' as const }]
    return { steps, diagnostics: [], hole: { step: this.step.id, error: this.error } }
  }
}
