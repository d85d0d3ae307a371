import { styleText } from 'node:util'
import type { InputSummary } from '../batch/summary.ts'
import { count } from './failure-list.ts'
import { printableName } from './printable.ts'
import type { Ending } from './reporter.ts'

const colours = { done: 'green', partial: 'yellow', failed: 'red', cancelled: 'yellow' } as const

/** One line on how an input ended. */
export function endingLine(
  { input, status, outputs, steps, error, document, version, versionIsNew = true }: InputSummary,
  { ms, folder }: Ending,
): string {
  const hit = steps.reduce((sum, step) => sum + step.pages.hit, 0)
  const miss = steps.reduce((sum, step) => sum + step.pages.miss, 0)
  const facts = [
    duration(ms),
    ...(miss > 0 ? [`${miss} computed`] : []),
    ...(hit > 0 ? [`${hit} from the cache`] : []),
    ...(outputs.length > 0 ? [`${count(outputs.length, 'file')} in ${printableName(folder)}`] : []),
    ...(version === undefined ? [] : [`${versionIsNew ? '' : 'the same as '}version ${version} of ${document}`]),
    ...(error ? [error.code] : []),
  ]
  return `${styleText(colours[status], status.padEnd(9), { stream: process.stdout })} ${printableName(input)}  ${styleText('dim', facts.join(', '), { stream: process.stdout })}`
}

/** `42 ms`, `1.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** The warnings of a run, each once with how often it came. */
export function warningLines(input: string, diagnostics: readonly { severity: string; code: string; message: string }[]): string[] {
  const name = printableName(input)
  const times = new Map<string, number>()
  for (const { severity, code, message } of diagnostics) {
    const text = `${code}: ${message}`
    if (severity === 'warning') times.set(text, (times.get(text) ?? 0) + 1)
  }
  const lines = [...times].map(([text, number]) => `warning   ${name}  ${text}${number > 1 ? ` (${number} times)` : ''}`)
  return lines.length <= 5 ? lines : [...lines.slice(0, 5), `warning   ${name}  and ${lines.length - 5} more: see receipt.json`]
}
