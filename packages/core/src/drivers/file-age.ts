import { type Stats, statSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { isMissing } from './staging.ts'

/** Ages decide about hours, and each refresh is a write to the disk. */
const LAZY_MS = 60_000

/**
 * What the system knows of a file; `undefined` when it does not exist. Not by way of the thread pool: that takes 0.1 ms of this thread, and 0.2 with the
 * error of a missing file, where the call itself takes 3 us. A result of the cache is looked for under several names.
 */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Makes a file young again; lazily, only when it is older than a minute. Gives its size, or `undefined` when it does not exist. */
export async function refresh(path: string, { lazily = false } = {}): Promise<number | undefined> {
  const found = statOf(path)
  if (!found) return undefined
  const now = Date.now()
  try {
    if (!lazily || now - found.mtimeMs > LAZY_MS) await utimes(path, now / 1000, now / 1000)
    return found.size
  } catch (error) {
    // Removed since.
    if (isMissing(error)) return undefined
    throw error
  }
}
