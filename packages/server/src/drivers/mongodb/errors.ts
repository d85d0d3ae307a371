import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { UNIQUE } from './document.ts'

// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
const UNAUTHORIZED = 13
const AUTHENTICATION_FAILED = 18
const NAMESPACE_NOT_FOUND = 26
const TOO_LARGE = [10334, 17419, 17420]
/** Among many other things what MongoDB itself says of a row to insert that is too large by less than 16 KiB. */
const BAD_VALUE = 2
const DUPLICATE_KEY = 11000
const OUT_OF_DISK_SPACE = 14031
/** What compatible servers say, which stand on PostgreSQL: its code 53100, or the system's words. */
const OUT_OF_SPACE = /no space left on device|could not extend file|53100/i

interface BackendError {
  readonly name: string
  readonly message: string
  readonly code?: unknown
  readonly keyPattern?: Readonly<Record<string, unknown>>
}

/** The errors of the driver and of its BSON library begin alike. */
function asBackend(error: unknown): BackendError | undefined {
  return error instanceof Error && /^(Mongo|BSON)/.test(error.name) ? error : undefined
}

export function isMissingCollection(error: unknown): boolean {
  return asBackend(error)?.code === NAMESPACE_NOT_FOUND
}

export function isDuplicate(error: unknown): boolean {
  return asBackend(error)?.code === DUPLICATE_KEY
}

/** What the driver throws instead of an error of the backend: no address, no query. */
function translated(error: unknown): unknown {
  if (isImageDocError(error)) return error
  if (isTooLarge(error))
    return new ImageDocError('USAGE', 'A row cannot be stored: MongoDB keeps no more than 16 MiB in one.', { cause: error })
  const backend = asBackend(error)
  if (!backend) return error
  if (isDuplicate(error)) return takenError(indexOf(backend), error)
  if (backend.code === OUT_OF_DISK_SPACE || OUT_OF_SPACE.test(backend.message))
    return new ImageDocError('STORE_FULL', 'The database could not be written: the disk of MongoDB is full. Make room on it.', {
      cause: error,
    })
  const refused = backend.code === UNAUTHORIZED || backend.code === AUTHENTICATION_FAILED
  return new ImageDocError('STORE_UNAVAILABLE', `The database could not be used: ${reasonOf(backend)}.`, {
    cause: error,
    ...(refused ? { retryable: false } : {}),
  })
}

/** Throws `translated` errors. */
export async function translating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translated(error)
  }
}

/** The driver itself finds no room for much larger ones in its buffer. */
function isTooLarge(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (code === BAD_VALUE) return String(message).includes('object to insert too large')
  return TOO_LARGE.includes(Number(code)) || (error instanceof RangeError && code === 'ERR_OUT_OF_RANGE')
}

/** The error of a server that could not be connected to: not all of them are the driver's own, an unknown host is Node's. */
export function unreachableError(cause: unknown): unknown {
  const known = translated(cause)
  return isImageDocError(known) ? known : new ImageDocError('STORE_UNAVAILABLE', `The database could not be used: ${SILENT}.`, { cause })
}

const SILENT = 'MongoDB does not answer; see that it runs and can be reached from here'

function reasonOf({ name, code }: BackendError): string {
  if (code === AUTHENTICATION_FAILED) return 'MongoDB refuses the user name or the password of its URL'
  if (code === UNAUTHORIZED) return 'the user of the URL of MongoDB may not read and write this database (role `readWrite`)'
  if (/ServerSelection|Network|PoolCleared|WaitQueue/.test(name)) return SILENT
  return `MongoDB reports ${code === undefined ? name : `the code ${code}`}`
}

/** The error of a row whose values another row has. */
export function takenError(index: string, cause: unknown): ImageDocError {
  const message = `Another record has the same value of ${index}, which must be different in each.`
  return new ImageDocError('ALREADY_EXISTS', message, { details: { index }, cause })
}

/**
 * The declared index in which there would be two: from the key that MongoDB reports, or from the name in the message, which is all that
 * compatible servers tell ("... index: by_name.unique dup key: ...", "... Index 'by_name.unique'").
 */
function indexOf({ keyPattern, message }: BackendError): string {
  const [path] = Object.keys(keyPattern ?? {})
  const name = path?.startsWith(UNIQUE) ? path.slice(UNIQUE.length) : (path ?? /index:? '?([\w.]+)/i.exec(message)?.[1] ?? 'unknown')
  return name === '_id_' ? '_id' : name.replace(/\.unique$/, '')
}

/** The error of every call on a store that was disposed of. */
export function closedError(): ImageDocError {
  return new ImageDocError('STORE_UNAVAILABLE', 'The database is closed.', { retryable: false })
}
