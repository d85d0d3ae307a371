import { abortError, type ImageDocError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'

/** Ends one attempt early: on cancel, or when its time is over. */
export interface StepClock {
  /** Aborted on both. */
  readonly signal: AbortSignal
  /** `work`, or a rejection at once when the attempt is ended early; what the work does after that is dropped. */
  race<Value>(work: Promise<Value>): Promise<Value>
  /** Why the attempt was ended early. */
  readonly ended: ImageDocError | undefined
  stop(): void
}

/** `setTimeout` takes no more and would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** AbortSignal.any and AbortSignal.timeout cost tens of microseconds a step and live until they are collected; this lives as long as the attempt. */
export function startClock(parent: AbortSignal, timeoutMs: number, timeout: () => ImageDocError): StepClock {
  const controller = new AbortController()
  const early = Promise.withResolvers<never>()
  early.promise.catch(() => {})
  let ended: ImageDocError | undefined

  const end = (error: ImageDocError): void => {
    if (ended) return
    ended = error
    controller.abort(error)
    early.reject(error)
  }
  const timer = setTimeout(() => end(timeout()), Math.min(timeoutMs, LONGEST_TIMER))
  const stopListening = onAbort(parent, () => end(abortError(parent)))

  return {
    signal: controller.signal,
    race: (work) => Promise.race([work, early.promise]),
    get ended() {
      return ended
    },
    stop() {
      clearTimeout(timer)
      stopListening()
    },
  }
}
