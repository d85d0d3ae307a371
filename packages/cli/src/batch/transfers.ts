import { errorCodes, toImageDocError } from '@imagedoc/core'
import type { TransferReporter } from '../report/transfer-reporter.ts'
import { inParallel } from './in-parallel.ts'
import { errorSummary } from './summary.ts'
import type { TransferOutcome, TransferSummary } from './transfer-summary.ts'

export interface Transfers<Item extends { readonly input: string }> {
  readonly jobs: number
  readonly signal: AbortSignal
  readonly reporter: TransferReporter
  /** What it gives goes into the summary. */
  transfer(item: Item): Promise<TransferOutcome>
}

/** Makes all transfers; one that fails does not keep the others from being made. Gives a summary for each, in order; never throws. */
export async function transferAll<Item extends { readonly input: string }>(
  items: readonly Item[],
  { jobs, signal, reporter, transfer }: Transfers<Item>,
): Promise<TransferSummary[]> {
  return inParallel(items, jobs, async (item) => {
    const summary = await summaryOf(item, signal, transfer)
    reporter.finished(summary)
    return summary
  })
}

async function summaryOf<Item extends { readonly input: string }>(
  item: Item,
  signal: AbortSignal,
  transfer: Transfers<Item>['transfer'],
): Promise<TransferSummary> {
  const { input } = item
  try {
    if (signal.aborted) return { input, status: 'cancelled', error: { code: 'CANCELLED', message: 'It was not started.' } }
    return { input, status: 'done', ...(await transfer(item)) }
  } catch (caught) {
    const error = toImageDocError(caught, 'INTERNAL')
    return { input, status: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: errorSummary(error) }
  }
}

/** 0 when all are done, 130 when it was interrupted, else the first failure's. */
export function transferExitCode(summaries: readonly TransferSummary[], interrupted: boolean): number {
  if (interrupted) return errorCodes.CANCELLED.exit
  const failed = summaries.find(({ status }) => status !== 'done' && status !== 'there')
  return failed ? errorCodes[failed.error?.code ?? 'INTERNAL'].exit : 0
}
