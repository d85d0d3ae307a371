import type { Garbage } from '@imagedoc/server'
import type { Parsed } from '../arguments/parse.ts'
import { onInterrupt } from '../batch/interruption.ts'
import { environmentWith } from '../configuration/server-process.ts'
import { write, writeError, writeJson } from '../report/streams.ts'

const options = { command: 'gc', settings: { data: 'dataFolder' } } as const

const words: Readonly<Record<keyof Garbage, string>> = {
  uploads: 'uploads that expired',
  runPages: 'runs whose pages were left behind',
  blobs: 'files that no document and no version names',
  cachedBlobs: 'cached results that expired',
  leftovers: 'files whose writer was stopped in the middle',
}

/** `imagedoc gc`. */
export async function gc({ values }: Parsed<'gc'>): Promise<number> {
  const module = await import('@imagedoc/server')
  const dryRun = values['dry-run'] ?? false
  using interruption = onInterrupt(() => writeError('Stopping after this one.'))
  const garbage = await module.collectGarbage({
    environment: environmentWith(values, options, module),
    dryRun,
    signal: interruption.signal,
  })
  if (values.json) writeJson({ dry_run: dryRun, ...garbage })
  else write([dryRun ? 'Would go:' : 'Gone:', ...linesOf(garbage)].join('\n'))
  return 0
}

function linesOf(garbage: Garbage): string[] {
  const counts = Object.entries(words).map(([name, what]) => [String(garbage[name as keyof Garbage]), what] as const)
  const width = Math.max(...counts.map(([count]) => count.length))
  return counts.map(([count, what]) => `  ${count.padStart(width)}  ${what}`)
}
