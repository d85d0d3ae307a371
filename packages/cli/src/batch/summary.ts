import { type Digest, type ErrorCode, errorCodes, type ImageDocError, type Receipt, type RunStatus } from '@imagedoc/core'
import { atTerminal } from '../report/at-terminal.ts'

/** How one input ended. */
export type InputStatus = RunStatus

/** One file that was written, or that was there already with the same bytes. */
export interface OutputSummary {
  /** As the pipeline names the output. */
  name: string
  path: string
  digest: Digest
}

/** One step of one input. */
export interface StepSummary {
  id: string
  use: string
  key: string
  cache: 'hit' | 'miss' | 'mixed' | 'unused'
  pages: { hit: number; miss: number; skipped: number; failed: number }
  /** Milliseconds, all pages together. */
  ms: number
}

/** How one input went, in the last line of `--json`. */
export interface InputSummary {
  /** As the user wrote it, or would write it. */
  input: string
  status: InputStatus
  outputs: OutputSummary[]
  steps: StepSummary[]
  /** At a server: the document's id, the run's, and the number of the version that it made. */
  document?: string
  run?: string
  version?: number
  /** False where the run made what that version held already, and so no version of its own; else it is left out. */
  versionIsNew?: boolean
  error?: { code: ErrorCode; message: string; path?: string }
}

/** The last line of `--json`. */
export interface Summary {
  type: 'summary'
  inputs: InputSummary[]
  /** Why nothing could be run at all. */
  error?: { code: ErrorCode; message: string; path?: string }
}

/** An error as a summary has it. */
export function errorSummary({
  code,
  message,
  path,
}: Pick<ImageDocError, 'code' | 'message' | 'path'>): NonNullable<InputSummary['error']> {
  return { code, message: atTerminal(message), ...(path === undefined ? {} : { path }) }
}

/** What a receipt, or a server, says of the steps. */
export function stepSummaries(receipt: { readonly steps: readonly Pick<Receipt['steps'][number], keyof StepSummary>[] }): StepSummary[] {
  return receipt.steps.map(({ id, use, key, cache, pages, ms }) => ({ id, use, key, cache, pages, ms }))
}

/** 0 all done, 4 at worst partial, 130 interrupted, else that of the first failed input. */
export function exitCodeOf(inputs: readonly InputSummary[], interrupted: boolean): number {
  if (interrupted) return errorCodes.CANCELLED.exit
  const failed = inputs.find((input) => input.status === 'failed' || input.status === 'cancelled')
  if (failed) return errorCodes[failed.error?.code ?? 'INTERNAL'].exit
  return inputs.some((input) => input.status === 'partial') ? errorCodes.PAGE_SKIPPED.exit : 0
}
