import { ImageDocError, type SerialisedError } from '../errors/error.ts'
import { traceOf } from '../errors/trace.ts'

/** An error between a worker and its parent, with the stack that clients never get. */
export interface WireError extends SerialisedError {
  /** Those of its causes, too. */
  readonly stack: string
}

export function packError(error: ImageDocError): WireError {
  return { ...error.toJSON(), stack: traceOf(error) }
}

export function unpackError({ stack, ...json }: WireError): ImageDocError {
  const error = ImageDocError.fromJSON(json)
  error.stack = stack
  return error
}
