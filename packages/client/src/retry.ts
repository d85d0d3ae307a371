import { abortError, isImageDocError } from '@imagedoc/core/errors'

const FIRST_DELAY_MS = 250
/** Who is asked to wait longer is told so instead. */
const LONGEST_WAIT_MS = 30_000

export interface Retrying {
  /** Attempts after the first. */
  readonly retries: number
  /** Whether the attempt that failed this way may be repeated without doing something twice. */
  isSafe(error: unknown): boolean
  readonly signal?: AbortSignal | undefined
}

/** Repeats what failed for a passing reason, each time after a longer pause, or after the one that the server asked for. */
export async function retrying<Value>(attempt: () => Promise<Value>, { retries, isSafe, signal }: Retrying): Promise<Value> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      const wait =
        isImageDocError(error) && error.retryable && isSafe(error) ? waitBefore(error.details, failures) : Number.POSITIVE_INFINITY
      if (failures >= retries || wait > LONGEST_WAIT_MS) throw error
      await pause(wait, signal)
    }
  }
}

/** Milliseconds. Spread, so that many clients do not come back at once. */
export function waitBefore(details: unknown, failures: number): number {
  const asked = (details as { retryAfterSeconds?: unknown } | undefined)?.retryAfterSeconds
  const spread = FIRST_DELAY_MS * 2 ** failures * (0.5 + Math.random() / 2)
  return typeof asked === 'number' ? Math.max(0, asked * 1000) + Math.min(spread, FIRST_DELAY_MS) : spread
}

/** @throws CANCELLED when the signal is aborted */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal))
    const aborted = () => {
      clearTimeout(timer)
      if (signal) reject(abortError(signal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }, ms)
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
