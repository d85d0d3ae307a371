import { styleText } from 'node:util'
import { type Diagnostic, formatPageId } from '@imagedoc/core'
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

/** The warnings of a run, each once with on how many pages it came: several steps that look at a page may all doubt the same. */
export function warningLines(input: string, diagnostics: readonly Pick<Diagnostic, 'severity' | 'code' | 'message' | 'page'>[]): string[] {
  const name = printableName(input)
  const pages = new Map<string, Set<string>>()
  for (const { severity, code, message, page } of diagnostics) {
    const text = `${code}: ${message}`
    if (severity === 'warning') pages.set(text, (pages.get(text) ?? new Set()).add(page === undefined ? '' : formatPageId(page)))
  }
  const lines = [...pages].map(([text, { size }]) => `warning   ${name}  ${text}${size > 1 ? ` (on ${size} pages)` : ''}`)
  return lines.length <= 5 ? lines : [...lines.slice(0, 5), `warning   ${name}  and ${lines.length - 5} more: see receipt.json`]
}
