import type { ErrorCode } from '@imagedoc/core'
import type { InputSummary } from '../batch/summary.ts'
import { debugHint } from './fault.ts'
import { printableName } from './printable.ts'

/** The failed and the incomplete inputs, each with code, message and place; empty when all are done. */
export function failureList(inputs: readonly InputSummary[]): string[] {
  const failed = inputs.filter((input) => input.status === 'failed')
  const cancelled = inputs.filter((input) => input.status === 'cancelled')
  const partial = inputs.filter((input) => input.status === 'partial')
  return [
    ...section(`${failed.length} of ${count(inputs.length, 'input')} failed:`, failed, failure),
    ...(failed.some(isFault) ? debugHint() : []),
    ...section(`${count(partial.length, 'input')} with skipped pages:`, partial, skipped),
    ...section(`${count(cancelled.length, 'input')} not finished:`, cancelled, ({ input }) => [`  ${printableName(input)}`]),
  ]
}

/** `1 input`, `2 inputs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function section(title: string, inputs: readonly InputSummary[], lines: (input: InputSummary) => string[]): string[] {
  return inputs.length === 0 ? [] : [title, ...inputs.flatMap(lines)]
}

function failure({ input, error }: InputSummary): string[] {
  const name = `  ${printableName(input)}`
  if (!error) return [name]
  const place = error.path === undefined ? '' : ` (${error.path})`
  return [name, `    ${error.code}: ${error.message.replaceAll('\n', '\n    ')}${place}`]
}

const faults: ReadonlySet<string> = new Set<ErrorCode>(['OPERATION_FAILED', 'PROCESS_CRASHED', 'INTERNAL'])

/** Of this machine: the stack of what fails at a server is in its log. */
function isFault({ error, run }: InputSummary): boolean {
  return run === undefined && error !== undefined && faults.has(error.code)
}

function skipped({ input, steps }: InputSummary): string[] {
  const pages = steps.filter((step) => step.pages.skipped > 0).map((step) => `${step.id} ${step.pages.skipped}`)
  return [`  ${printableName(input)}${pages.length > 0 ? `: ${pages.join(', ')}` : ''}`]
}
