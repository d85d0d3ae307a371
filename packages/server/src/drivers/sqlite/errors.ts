import { ImageDocError, isImageDocError } from '@imagedoc/core'

// Primary result codes, https://sqlite.org/rescode.html
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const FULL = 13
const CONSTRAINT = 19
const NOTADB = 26

/** The primary result code of an error of node:sqlite; undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY
}

/** True when a row or an entry is there already. */
export function isConstraint(error: unknown): boolean {
  return resultCode(error) === CONSTRAINT
}

/** SQLite could not make the file that its readers and writers share as large as it must be; the disk is full then, too. */
const SHARED_FILE_SIZE = 4874

/** Nothing of the transaction was written. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === FULL || (error as { errcode?: unknown } | undefined)?.errcode === SHARED_FILE_SIZE
}

/** What the driver throws instead of an error of the engine: no path, no SQL. */
export function translated(error: unknown): unknown {
  const code = resultCode(error)
  if (isImageDocError(error) || code === undefined) return error
  if (isFull(error)) {
    return new ImageDocError('STORE_FULL', 'The database could not be written: the disk is full. Make room on it.', { cause: error })
  }
  const lasting = code === CORRUPT || code === NOTADB
  return new ImageDocError('STORE_UNAVAILABLE', `The database could not be used: ${reasonOf(code)}.`, {
    cause: error,
    ...(lasting ? { retryable: false } : {}),
  })
}

function reasonOf(code: number): string {
  if (code === BUSY || code === LOCKED) return 'another process is writing to it and did not finish in time'
  if (code === CORRUPT) return 'its file is damaged; restore a backup'
  if (code === NOTADB) return 'its file is no SQLite database'
  return `SQLite reports the result code ${code}; see that the disk is there and writable`
}

/** The error of every call on a store that was disposed of. */
export function closedError(): ImageDocError {
  return new ImageDocError('STORE_UNAVAILABLE', 'The database is closed.', { retryable: false })
}
