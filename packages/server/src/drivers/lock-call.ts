import { ImageDocError } from '@imagedoc/core'

const MAX_NAME_LENGTH = 512

/** @throws USAGE for a name that is none, and a time that is none */
export function assertLockCall(name: string, ttlMs: number): void {
  if (name === '' || name.length > MAX_NAME_LENGTH) throw usage(`The name of a lock has 1 to ${MAX_NAME_LENGTH} characters.`)
  if (!(Number.isFinite(ttlMs) && ttlMs > 0)) throw usage(`A lock is held for a positive number of milliseconds, not ${ttlMs}.`)
}

export const lockClosed = () => new ImageDocError('STORE_UNAVAILABLE', 'The lock is closed.', { retryable: false })

const usage = (message: string) => new ImageDocError('USAGE', message)
