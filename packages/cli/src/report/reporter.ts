import type { RunMessage } from '@imagedoc/client'
import type { InputSummary, Summary } from '../batch/summary.ts'

/** How one input went, beside its summary. */
export interface Ending {
  /** Milliseconds from start to end. */
  readonly ms: number
  /** Where its outputs are, as the user would write it. */
  readonly folder: string
}

/** Tells the user, or a program, what happens. */
export interface Reporter {
  started(input: string): void
  event(input: string, message: RunMessage): void
  finished(summary: InputSummary, ending: Ending): void
  /** Something beside the runs that is worth knowing. */
  note(text: string): void
  /** Where a fault happened, for who looks for it. */
  trace(text: string): void
  end(summary: Summary): void
}
