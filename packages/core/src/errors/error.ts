import { type ErrorCode, errorCodes } from './codes.ts'

/** JSON without behaviour: what crosses a wire, a process or a key. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const brand = Symbol.for('imagedoc.error')

/** An error as it crosses a process or a wire. */
export interface SerialisedError {
  code: ErrorCode
  message: string
  /** JSON path into the pipeline, for example `steps[2].with.angle`. */
  path?: string
  details?: Json
  retryable: boolean
}

export interface ErrorOptions {
  /** JSON path of the place that is to blame, for example `steps[2].with.angle`. */
  path?: string
  /** Facts for programs; no secrets, host paths or document text. */
  details?: Json
  cause?: unknown
  /** @default what the table says of the code */
  retryable?: boolean
}

/** The one error of ImageDoc: the message says what happened, why, and what to do. Recognised by {@link isImageDocError}, not by class. */
export class ImageDocError extends Error {
  readonly code: ErrorCode
  readonly path: string | undefined
  readonly details: Json | undefined
  readonly retryable: boolean
  readonly [brand] = true

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ImageDocError'
    this.code = code
    this.path = options.path
    this.details = options.details
    this.retryable = options.retryable ?? errorCodes[code].retryable
  }

  /** Safe for the wire: no stack, no cause. */
  toJSON(): SerialisedError {
    return {
      code: this.code,
      message: this.message,
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.details === undefined ? {} : { details: this.details }),
      retryable: this.retryable,
    }
  }

  /** The error again on the other side of a process or a wire. */
  static fromJSON(json: SerialisedError): ImageDocError {
    return new ImageDocError(json.code, json.message, json)
  }
}

/** True for every ImageDocError, also one made by another copy of this package. */
export function isImageDocError(value: unknown): value is ImageDocError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

/** The error itself when it is one of ours, otherwise one with `code` and the original as its cause. */
export function toImageDocError(error: unknown, code: ErrorCode, context = ''): ImageDocError {
  if (isImageDocError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new ImageDocError(code, context ? `${context}: ${reason}` : reason, { cause: error })
}

/** Throws `CANCELLED` when the signal is aborted; an ImageDocError given as the abort's reason is thrown as it is. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

/** The error that an aborted signal stands for. */
export function abortError(signal: AbortSignal): ImageDocError {
  return isImageDocError(signal.reason)
    ? signal.reason
    : new ImageDocError('CANCELLED', 'The work was cancelled.', { cause: signal.reason })
}
