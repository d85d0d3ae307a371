import { abortError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'

/** At most so many at a time; the others wait in the order they came. */
export interface Semaphore {
  /** Runs `work` when there is room. @throws CANCELLED when the signal is aborted while waiting. */
  run<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value>
}

export function createSemaphore(size: number): Semaphore {
  let free = size
  const waiting = new Set<() => void>()

  const release = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else next()
  }
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const enter = (): void => {
        waiting.delete(enter)
        stopListening()
        resolve()
      }
      waiting.add(enter)
      const stopListening = onAbort(signal, () => {
        waiting.delete(enter)
        reject(abortError(signal))
      })
    })

  return {
    async run(signal, work) {
      if (signal.aborted) throw abortError(signal)
      if (free > 0) free--
      else await wait(signal)
      try {
        return await work()
      } finally {
        release()
      }
    },
  }
}
