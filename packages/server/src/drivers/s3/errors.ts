import { abortError, ImageDocError, isImageDocError } from '@imagedoc/core'

/** What the SDK throws, as far as it can be relied on. */
export interface S3Failure {
  /** The server's code, or the SDK's or the system's. */
  readonly code: string
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined
}

export function failureOf(error: unknown): S3Failure {
  const { name, code, $metadata } = (error ?? {}) as { name?: unknown; code?: unknown; $metadata?: { httpStatusCode?: number } }
  const words = [code, name].filter((word): word is string => typeof word === 'string' && /^\w{1,60}$/.test(word))
  return { code: words[0] ?? 'unknown', status: $metadata?.httpStatusCode }
}

/** The object, or the multipart upload, is not there. A missing bucket is another matter. */
export function isMissing(error: unknown): boolean {
  const { code, status } = failureOf(error)
  return status === 404 && code !== 'NoSuchBucket'
}

/** Another one was there first, or is writing just now (AWS's 409). */
export function isTaken(error: unknown): boolean {
  const { status } = failureOf(error)
  return status === 412 || status === 409
}

/** Nothing came, or not all of it: the same call may succeed at once. */
export function isBroken(error: unknown): boolean {
  const { status } = failureOf(error)
  return !isImageDocError(error) && (status === undefined || status < 300 || status >= 500)
}

/**
 * A failure as one of ours. The SDK's own error holds the key's name, what was signed and whole requests: only its code and its text are kept.
 * @param done for the message: "stored", "read", ...
 */
export function storeFailed(error: unknown, done: string, signal?: AbortSignal): ImageDocError {
  if (signal?.aborted) return abortError(signal)
  if (isImageDocError(error)) return error
  const { code, status } = failureOf(error)
  if (isFull({ code, status }))
    return new ImageDocError('STORE_FULL', `A blob could not be ${done}: the S3 server has no room left (${code}).`)
  const cause = new Error(error instanceof Error ? `${code}: ${error.message}` : code)
  // What the server refuses now it will refuse again, except that it asks to slow down.
  const retryable = status === undefined || status < 400 || status >= 500 || status === 429 || status === 408
  return new ImageDocError('STORE_FAILED', `A blob could not be ${done}: ${reasonOf({ code, status })}.`, { cause, retryable })
}

/** Servers name it in their own ways: MinIO `XMinioStorageFull`, Ceph `QuotaExceeded`, others 507 Insufficient Storage. */
function isFull({ code, status }: S3Failure): boolean {
  return status === 507 || /StorageFull|QuotaExceeded|InsufficientStorage/i.test(code)
}

/** In words that say where to look. */
export function reasonOf({ code, status }: S3Failure): string {
  if (code === 'NoSuchBucket') return 'the bucket is not there'
  if (status === 401 || status === 403) return `the S3 server does not allow it (${code})`
  if (status === undefined) return `the S3 server did not answer, or its answer broke off (${code})`
  return `the S3 server says ${code} (${status})`
}
