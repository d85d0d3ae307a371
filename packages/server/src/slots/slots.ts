import { abortError, ImageDocError, throwIfAborted } from '@imagedoc/core'

export interface SlotsOptions {
  /** What may be at work at a time. */
  readonly size: number
  /** What may wait; more is turned away. */
  readonly waiting: number
}

/** Room for so much work at a time; the rest waits in the order it came. */
export interface Slots {
  /**
   * Runs `work` when there is room for its weight, which is 1 when not given.
   * @throws RATE_LIMITED when too much waits already; CANCELLED, or the signal's own error, when it aborts while waiting
   */
  run<Value>(work: () => Promise<Value>, options?: { weight?: number; signal?: AbortSignal }): Promise<Value>
}

interface Waiter {
  readonly weight: number
  enter(): void
}

const RETRY_SECONDS = 5

export function createSlots({ size, waiting }: SlotsOptions): Slots {
  let free = size
  const queue = new Set<Waiter>()
  const admit = (): void => {
    for (const waiter of queue) {
      // Nobody overtakes a heavy one, or it would wait for ever.
      if (waiter.weight > free) return
      queue.delete(waiter)
      free -= waiter.weight
      waiter.enter()
    }
  }
  const room = (weight: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.delete(waiter)
        reject(abortError(signal as AbortSignal))
        admit()
      }
      const enter = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const waiter = { weight, enter }
      signal?.addEventListener('abort', leave, { once: true })
      queue.add(waiter)
      admit()
    })
  return {
    async run(work, options = {}) {
      throwIfAborted(options.signal)
      if (queue.size >= waiting) throw busy()
      const weight = Math.min(options.weight ?? 1, size)
      await room(weight, options.signal)
      try {
        return await work()
      } finally {
        free += weight
        admit()
      }
    },
  }
}

function busy(): ImageDocError {
  return new ImageDocError('RATE_LIMITED', `The server has more of this to do than it can. Try again in ${RETRY_SECONDS} seconds.`, {
    details: { retryAfterSeconds: RETRY_SECONDS },
  })
}
