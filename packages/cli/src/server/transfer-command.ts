import { isImageDocError, toImageDocError } from '@imagedoc/core'
import { UsageError } from '../arguments/usage-error.ts'
import { type Interruption, onInterrupt } from '../batch/interruption.ts'
import { errorSummary } from '../batch/summary.ts'
import type { TransfersSummary } from '../batch/transfer-summary.ts'
import { transferExitCode } from '../batch/transfers.ts'
import { writeJsonLine } from '../report/streams.ts'
import { createTransferReporter, type TransferReporter, type TransferReporterOptions } from '../report/transfer-reporter.ts'

/** What an upload and a download have in common: reporting, Ctrl-C, the summary, the exit code. */
export async function runTransfers(
  values: TransferReporterOptions,
  work: (tools: { reporter: TransferReporter; signal: AbortSignal }) => Promise<Omit<TransfersSummary, 'type'>>,
): Promise<number> {
  const reporter = createTransferReporter(values)
  using interruption: Interruption = onInterrupt(() =>
    reporter.note('Stopping; what is finished is kept. Press Ctrl-C again to stop at once.'),
  )
  const { signal } = interruption
  try {
    const summary = await work({ reporter, signal })
    reporter.end({ type: 'summary', ...summary })
    return transferExitCode(summary.inputs, signal.aborted)
  } catch (error) {
    // A program that reads the lines gets its last one whatever happens.
    if (values.json && isImageDocError(error))
      writeJsonLine({ type: 'summary', inputs: [], error: errorSummary(toImageDocError(error, 'INTERNAL')) })
    throw error
  }
}

/** How many at a time. @throws UsageError */
export function transferJobs(command: string, text: string | undefined): number {
  const jobs = Number(text ?? 2)
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 16) return jobs
  throw new UsageError(`--jobs "${text}" is not a whole number from 1 to 16.`, `See imagedoc ${command} --help.`)
}
