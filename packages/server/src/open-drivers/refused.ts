import { ImageDocError } from '@imagedoc/core'

/** A start that is refused, by the variable's name. Never its value, and without a cause: a driver's own error may quote an address with a password. */
export function refused(variable: string, message: string): ImageDocError {
  return new ImageDocError('INVALID_CONFIG', message, { details: { variable } })
}
