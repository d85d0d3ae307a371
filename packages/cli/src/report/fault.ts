import { errorCodes, isImageDocError, type StepFailure, toImageDocError, traceOf } from '@imagedoc/core'
import { printableName } from './printable.ts'

/** `IMAGEDOC_DEBUG`: the user wants to see where faults happened. */
export function isDebugging(): boolean {
  return process.env.IMAGEDOC_DEBUG !== undefined
}

/** What a user may do to see where a fault happened; empty when they did. */
export function debugHint(): string[] {
  return isDebugging() ? [] : ['Set IMAGEDOC_DEBUG=1 to see where it happened.']
}

/** An error as the user reads it, and the exit code it leads to. */
export function describeFault(error: unknown): { message: string; exitCode: number } {
  const known = toImageDocError(error, 'INTERNAL')
  const lines = [`${known.code}: ${known.message}`]
  if (!isImageDocError(error)) lines.push('This is a fault of ImageDoc or of a plugin.', ...debugHint())
  if (isDebugging() && error instanceof Error) lines.push(traceOf(error))
  return { message: lines.join('\n'), exitCode: errorCodes[known.code].exit }
}

/** Which step failed, whose it is, and where in its code. */
export function describeFailure(input: string, { step, use, plugin, page, error }: StepFailure): string {
  const place = `page ${page.page + 1} of ${printableName(input)}, step ${step}: ${use} of ${plugin.name} ${plugin.version}`
  return `${place}\n${traceOf(error)}`
}
