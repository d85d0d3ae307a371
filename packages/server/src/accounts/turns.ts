import { ImageDocError } from '@imagedoc/core'

/** Seconds in which a full queue has surely moved on. */
const RETRY_AFTER = 5

/**
 * Runs so many at once, the others in the order in which they came.
 * @throws RATE_LIMITED at once when so many wait already, so that the queue cannot eat the memory
 */
export function createTurns({ atOnce, waiting }: { atOnce: number; waiting: number }): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = []
  let running = 0
  const begin = async (): Promise<void> => {
    if (running < atOnce) running++
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve))
    else throw busy()
  }
  const end = (): void => {
    const next = queue.shift()
    // The place is handed over, so nobody who comes now can take it first.
    if (next) next()
    else running--
  }
  return async (work) => {
    await begin()
    try {
      return await work()
    } finally {
      end()
    }
  }
}

function busy(): ImageDocError {
  return new ImageDocError('RATE_LIMITED', `Too many want this at once. Try again in ${RETRY_AFTER} seconds.`, {
    details: { retryAfterSeconds: RETRY_AFTER },
  })
}
