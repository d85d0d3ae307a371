import { errorCodes } from '@imagedoc/core'
import type { BackupSummary } from '@imagedoc/server'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { environmentWith } from '../configuration/server-process.ts'
import { backupProgress } from '../report/backup-progress.ts'
import { count } from '../report/failure-list.ts'
import { write, writeError, writeJson } from '../report/streams.ts'
import { createTicker } from '../report/ticker.ts'

const options = { command: 'backup', settings: { data: 'dataFolder' } } as const

/** `imagedoc backup`. */
export async function backup({ values, positionals: [to = ''] }: Parsed<'backup'>): Promise<number> {
  const keep = values.keep === undefined ? undefined : wholeNumber(values.keep)
  const module = await import('@imagedoc/server')
  const environment = environmentWith(values, options, module)
  const summary = await working(values, (signal, tell) => module.backUp({ environment, to, keep, signal, onProgress: tell }))
  if (values.json) writeJson(summary)
  else if (!values.quiet) write(summaryText(summary))
  if (summary.lost.length === 0) return 0
  if (!values.json) writeError(lostText(summary))
  return errorCodes.DIGEST_MISMATCH.exit
}

async function working(
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
  work: (signal: AbortSignal, tell: (progress: Parameters<typeof backupProgress>[0]) => void) => Promise<BackupSummary>,
): Promise<BackupSummary> {
  using interruption = onInterrupt(() => writeError('Stopping; earlier backups stay as they are. Press Ctrl-C again to stop at once.'))
  using ticker = createTicker({ silent: json || quiet || false })
  return await work(interruption.signal, (progress) => ticker.tell(backupProgress(progress)))
}

/** @throws UsageError */
function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new UsageError(`--keep "${text}" is wrong; it expects a whole number from 1 on.`, 'See imagedoc backup --help.')
}

function summaryText({ name, documents, pruned, ...progress }: BackupSummary): string {
  const lines = [`Backup ${name}: ${count(documents, 'document')}, ${backupProgress(progress)}.`]
  if (pruned) lines.push(`Removed: ${count(pruned.backups.length, 'older backup')}, ${count(pruned.blobs, 'file')}.`)
  return lines.join('\n')
}

function lostText({ lost }: BackupSummary): string {
  return [
    'The backup is made. In the store itself these files cannot be read, so it is without them:',
    ...lost.map(({ document, digest, why }) => `  document ${document}: ${digest} is ${why}`),
    'Upload the documents again, or repeat the runs; or get the files from an older backup.',
  ].join('\n')
}
