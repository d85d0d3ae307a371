import { errorCodes, isImageDocError, toImageDocError } from '@imagedoc/core'

/** An error as the user reads it, and the exit code it leads to. */
export function describeFault(error: unknown): { message: string; exitCode: number } {
  const known = toImageDocError(error, 'INTERNAL')
  const lines = [`${known.code}: ${known.message}`]
  if (!isImageDocError(error)) {
    lines.push('This is a fault of ImageDoc or of a plugin.')
    if (process.env.IMAGEDOC_DEBUG === undefined) lines.push('Set IMAGEDOC_DEBUG=1 to see where it happened.')
  }
  if (process.env.IMAGEDOC_DEBUG !== undefined && error instanceof Error) lines.push(error.stack ?? '')
  return { message: lines.join('\n'), exitCode: errorCodes[known.code].exit }
}
