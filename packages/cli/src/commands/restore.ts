import { errorCodes } from '@imagedoc/core'
import type { BackupList, KnownBackup, RestoreSummary, VerifiedBackup } from '@imagedoc/server'
import type { Parsed } from '../arguments/parse.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { environmentWith } from '../configuration/server-process.ts'
import { backupProgress } from '../report/backup-progress.ts'
import { bytesInWords } from '../report/bytes-in-words.ts'
import { count } from '../report/failure-list.ts'
import { write, writeError, writeJson } from '../report/streams.ts'
import { createTicker } from '../report/ticker.ts'

const options = { command: 'restore', settings: { data: 'dataFolder' } } as const

type Command = Parsed<'restore'>

/** `imagedoc restore`. */
export async function restore(command: Command): Promise<number> {
  const { values } = command
  const alone = (['list', 'verify', 'leave-out-damaged'] as const).filter((name) => values[name])
  if (alone.length > 1) throw new UsageError(`--${alone[0]} and --${alone[1]} exclude each other.`, 'See imagedoc restore --help.')
  if (values.list) return list(command)
  using interruption = onInterrupt(() =>
    writeError(values.verify ? 'Stopping.' : 'Stopping; the same command goes on later. Press Ctrl-C again to stop at once.'),
  )
  using ticker = createTicker({ silent: values.json || values.quiet || false })
  return await (values.verify ? verify : bringBack)(command, { signal: interruption.signal, tell: ticker.tell })
}

interface Tools {
  readonly signal: AbortSignal
  tell(line: string): void
}

async function bringBack({ values, positionals: [from = ''] }: Command, { signal, tell }: Tools): Promise<number> {
  const module = await import('@imagedoc/server')
  const environment = environmentWith(values, options, module)
  const choice = { backup: values.backup, leaveOutDamaged: values['leave-out-damaged'] ?? false }
  const summary = await module.restore({ environment, from, ...choice, signal, onProgress: (progress) => tell(backupProgress(progress)) })
  if (values.json) writeJson(summary)
  else if (!values.quiet) write(summaryText(summary))
  return 0
}

function summaryText({ name, documents, leftOut, damaged, ...progress }: RestoreSummary): string {
  const { repeated, ...gone } = leftOut
  const parts = Object.entries(gone).flatMap(([what, number]) => (number > 0 ? [`${number} ${what}`] : []))
  return [
    `Restored ${name}: ${count(documents, 'document')}, ${backupProgress(progress)}.`,
    ...(parts.length > 0 ? [`Left out, because it was deleted while the backup was made: ${parts.join(', ')}.`] : []),
    ...damaged.map(({ document, version, digest, why }) => {
      const what = version === null ? `document ${document}` : `version ${version} of document ${document}`
      return `Left out: ${what}, because ${digest} is ${why} in the backup.`
    }),
    ...(repeated > 0 ? [`${count(repeated, 'run')} will be done again.`] : []),
    'Start the server with imagedoc serve.',
  ].join('\n')
}

async function list({ values, positionals: [from = ''] }: Command): Promise<number> {
  const module = await import('@imagedoc/server')
  const list = await module.listBackups({ environment: environmentWith(values, options, module), from })
  if (values.json) writeJson(list)
  else write(listText(list))
  return 0
}

function listText({ backups, damaged }: BackupList): string {
  const complete = backups.length === 0 ? ['There is no complete backup here.'] : backups.map(listed)
  return [...complete, ...damaged.map((name) => `${name}  damaged: its file in backups/ cannot be read`)].join('\n')
}

function listed({ name, documents, bytes }: KnownBackup): string {
  return `${name}  ${count(documents, 'document')}, ${bytesInWords(bytes)}`
}

async function verify({ values, positionals: [from = ''] }: Command, { signal, tell }: Tools): Promise<number> {
  const module = await import('@imagedoc/server')
  const environment = environmentWith(values, options, module)
  const onProgress = (read: { rows: number; blobs: number }): void => tell(readText(read))
  const verified = await module.verifyBackup({ environment, from, backup: values.backup, signal, onProgress })
  if (values.json) writeJson(verified)
  else if (!values.quiet) write(`Read ${verified.name}: ${readText(verified)}.`)
  const isWhole = verified.damaged.length + verified.lost.length === 0
  if (!isWhole && !values.json) writeError(damageText(verified))
  return isWhole ? 0 : errorCodes.DIGEST_MISMATCH.exit
}

const readText = ({ rows, blobs }: { rows: number; blobs: number }): string => `${count(rows, 'row')}, ${count(blobs, 'file')}`

function damageText({ damaged, lost }: VerifiedBackup): string {
  return [
    ...damaged.map((digest) => `Missing or damaged in the backup: ${digest}`),
    ...lost.map(({ document, digest }) => `Not readable when the backup was made: ${digest} of document ${document}`),
    ...(damaged.length > 0 ? ['Remove the damaged files from objects/ and make a backup again: it copies them anew.'] : []),
  ].join('\n')
}
