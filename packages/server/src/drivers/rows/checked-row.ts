import { types } from 'node:util'
import { ImageDocError, type Stored } from '@imagedoc/core'

/** Of MongoDB's documents; what is deeper would be refused there. */
const MAX_DEPTH = 100

/** MongoDB's index keys and Redis's names bear more; nobody needs more. */
const MAX_ID_LENGTH = 512

/**
 * Throws unless every driver can keep this row as it is: JSON and valid dates, text that is Unicode, no key with a NUL.
 * @throws USAGE with the path of what is wrong
 */
export function assertRow(row: Stored): void {
  assertId(row._id)
  assertRevision(row.revision)
  if (!types.isDate(row.created_at)) throw refused('created_at', 'is no date')
  assertMembers(row, [])
}

/** @throws USAGE for what cannot be the `revision` of a row */
export function assertRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) throw refused('revision', 'is no count of changes')
}

/** @throws USAGE for what cannot be the `_id` of a row */
function assertId(id: string): void {
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH || id.includes('\0')) {
    throw refused('_id', `must be a text of 1 to ${MAX_ID_LENGTH} characters without NUL`)
  }
  if (!id.isWellFormed()) throw refused('_id', 'is no Unicode text')
}

function assertValue(value: unknown, path: readonly string[]): void {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw refused(path.join('.'), 'is no Unicode text: it holds half of a surrogate pair')
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(path.join('.'), `is ${value}, which JSON cannot say`)
  } else if (types.isDate(value)) {
    if (Number.isNaN(value.getTime())) throw refused(path.join('.'), 'is an invalid date')
  } else if (Array.isArray(value)) {
    // By number, because `forEach` skips what an array does not have.
    for (let i = 0; i < value.length; i++) assertValue(value[i], deeper(path, String(i)))
  } else if (Object.prototype.toString.call(value) === '[object Object]') {
    assertMembers(value as object, path)
  } else if (value !== null && typeof value !== 'boolean') {
    throw refused(path.join('.'), 'is neither JSON nor a date')
  }
}

function assertMembers(object: object, path: readonly string[]): void {
  for (const [key, value] of Object.entries(object)) {
    if (key.includes('\0') || !key.isWellFormed()) throw refused(path.join('.'), 'has a key that is no Unicode text or holds NUL')
    if (value !== undefined) assertValue(value, deeper(path, key))
  }
}

function deeper(path: readonly string[], key: string): string[] {
  if (path.length >= MAX_DEPTH) throw refused(path.slice(0, 3).join('.'), `is nested deeper than ${MAX_DEPTH} levels`)
  return [...path, key]
}

function refused(path: string, reason: string): ImageDocError {
  return new ImageDocError('USAGE', `A row cannot be stored: ${path || 'it'} ${reason}.`, { path })
}
