import { stat, utimes } from 'node:fs/promises'
import { isMissing } from './staging.ts'

/** Ages decide about hours, and each refresh is a write to the disk. */
const LAZY_MS = 60_000

/** Makes a file young again; lazily, only when it is older than a minute. Gives its size, or `undefined` when it does not exist. */
export async function refresh(path: string, { lazily = false } = {}): Promise<number | undefined> {
  try {
    const { mtimeMs, size } = await stat(path)
    const now = Date.now()
    if (!lazily || now - mtimeMs > LAZY_MS) await utimes(path, now / 1000, now / 1000)
    return size
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
