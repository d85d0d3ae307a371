import { basename } from 'node:path'
import { styleText } from 'node:util'
import type { TransferSummary, TransfersSummary } from '../batch/transfer-summary.ts'
import { bar } from './bar-reporter.ts'
import { bytesInWords } from './bytes-in-words.ts'
import { count } from './failure-list.ts'
import { createLiveLines, isLive } from './live-lines.ts'
import { printableName } from './printable.ts'
import { write, writeError, writeJsonLine } from './streams.ts'

/** How far a file is. */
export interface TransferProgress {
  readonly sentBytes: number
  readonly totalBytes: number
}

/** Tells the user, or a program, how uploads and downloads go. */
export interface TransferReporter {
  progress(input: string, progress: TransferProgress): void
  finished(summary: TransferSummary): void
  /** Something beside the transfers that is worth knowing. */
  note(text: string): void
  end(summary: TransfersSummary): void
}

/** A log of a long upload says every so often that it is alive. */
const INTERVAL_MS = 10_000
/** As often as a program that shows it can use. */
const JSON_INTERVAL_MS = 250
const colours = { done: 'green', there: 'green', failed: 'red', cancelled: 'yellow' } as const

/** What is shown, and the word for what went well. */
export interface TransferReporterOptions {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  /** @default 'done' */
  readonly done?: string | undefined
  /** One line on all of them, for people. @default none */
  readonly total?: ((summary: TransfersSummary) => string | undefined) | undefined
}

/** `--json`, `--quiet`, bars on a terminal, lines otherwise. */
export function createTransferReporter(options: TransferReporterOptions): TransferReporter {
  if (options.json) return jsonReporter()
  if (options.quiet) return { progress: () => {}, finished: () => {}, note: () => {}, end: tellFailures }
  return isLive() ? barReporter(options) : lineReporter(options)
}

function jsonReporter(): TransferReporter {
  const isDue = everySoOften(JSON_INTERVAL_MS)
  return {
    progress(input, progress) {
      if (isDue(input)) writeJsonLine({ type: 'progress', input, ...progress })
    },
    finished: (summary) => writeJsonLine({ type: 'finished', ...summary }),
    note: writeError,
    end: writeJsonLine,
  }
}

function lineReporter({ done, total }: TransferReporterOptions): TransferReporter {
  const isDue = everySoOften(INTERVAL_MS)
  return {
    progress(input, progress) {
      if (isDue(input)) writeError(`${printableName(input)}: ${inWords(progress)}`)
    },
    finished: (summary) => write(endingLine(summary, done)),
    note: writeError,
    end: (summary) => tellEnd(summary, total),
  }
}

function barReporter({ done, total }: TransferReporterOptions): TransferReporter {
  const running = new Map<string, TransferProgress>()
  const live = createLiveLines(() =>
    [...running].map(([input, progress]) => bar(input, progress.sentBytes / Math.max(progress.totalBytes, 1), inWords(progress))),
  )
  return {
    progress(input, progress) {
      running.set(input, progress)
      live.draw()
    },
    finished(summary) {
      running.delete(summary.input)
      live.above(() => write(endingLine(summary, done)))
    },
    note: (text) => live.above(() => writeError(text)),
    end(summary) {
      live.clear()
      tellEnd(summary, total)
    },
  }
}

function inWords({ sentBytes, totalBytes }: TransferProgress): string {
  return `${bytesInWords(sentBytes)} of ${bytesInWords(totalBytes)}`
}

/** `done      letter.pdf  66f2a4c19b0d3e5f7a812c44` */
function endingLine(summary: TransferSummary, done = 'done'): string {
  const { input, status, document, files, error } = summary
  const where = files?.map(({ path }) => printableName(path)).join(', ') ?? document
  const facts = error?.code ?? [where ?? '', ...(status === 'there' ? [whyThere(summary)] : [])].join('  ')
  return `${styleText(colours[status], (status === 'done' ? done : status).padEnd(9), { stream: process.stdout })} ${printableName(input)}  ${facts}`
}

function whyThere({ input, sameAs, title = '' }: TransferSummary): string {
  if (sameAs !== undefined) return `the same file as ${printableName(sameAs)}`
  return `already in the collection${title === basename(input) ? '' : ` as ${printableName(title)}`}`
}

function tellEnd(summary: TransfersSummary, total: TransferReporterOptions['total']): void {
  tellFailures(summary)
  const line = total?.(summary)
  if (line !== undefined) write(line)
}

function tellFailures({ inputs }: TransfersSummary): void {
  const failed = inputs.filter(({ status }) => status === 'failed')
  const left = inputs.filter(({ status }) => status === 'cancelled')
  if (failed.length > 0)
    writeError([`\n${failed.length} of ${count(inputs.length, 'input')} failed:`, ...failed.flatMap(reason)].join('\n'))
  if (left.length > 0)
    writeError(`\n${count(left.length, 'input')} not finished:\n${left.map(({ input }) => `  ${printableName(input)}`).join('\n')}`)
}

function reason({ input, error }: TransferSummary): string[] {
  return [`  ${printableName(input)}`, `    ${error?.code}: ${error?.message.replaceAll('\n', '\n    ')}`]
}

/** True at most once in so many milliseconds for each input, and not at once. */
function everySoOften(ms: number): (input: string) => boolean {
  const told = new Map<string, number>()
  return (input) => {
    const now = performance.now()
    const last = told.get(input)
    if (last === undefined) told.set(input, now)
    if (last === undefined || now - last < ms) return false
    told.set(input, now)
    return true
  }
}
