import { raiseLimit } from '../artifact/limits.ts'
import { abortError, ImageDocError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'

/** Adds up how long the pieces of a run are worked on, side by side or not, and stops the run when that is more than the limit. */
export interface WorkClock extends Disposable {
  /** Aborts with the run's own signal, and with RUN_TOO_LONG. */
  readonly signal: AbortSignal
  /** The time of this work counts, while it goes on too. */
  time<Value>(work: () => Promise<Value>): Promise<Value>
  /** Of work that was done elsewhere, in milliseconds. */
  add(ms: number): void
}

/** `setTimeout` takes no more. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @param limitMs of all work together; Infinity: none */
export function createWorkClock(limitMs: number, given: AbortSignal): WorkClock {
  const controller = new AbortController()
  let spent = 0
  let going = 0
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined
  const stopListening = onAbort(given, () => controller.abort(abortError(given)))

  /** To be called before `going` changes, and when the timer ends. */
  const count = (): void => {
    const now = performance.now()
    spent += going * (now - since)
    since = now
  }
  const watch = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (limitMs === Number.POSITIVE_INFINITY || controller.signal.aborted) return
    if (spent >= limitMs) controller.abort(tooLong(limitMs))
    if (spent >= limitMs || going === 0) return
    const left = Math.min(Math.ceil((limitMs - spent) / going), LONGEST_TIMER)
    timer = setTimeout(() => {
      count()
      watch()
    }, left).unref()
  }
  const change = (by: number): void => {
    count()
    going += by
    watch()
  }
  return {
    signal: controller.signal,
    async time(work) {
      change(1)
      try {
        return await work()
      } finally {
        change(-1)
      }
    },
    add(ms) {
      spent += ms
      watch()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      stopListening()
    },
  }
}

function tooLong(limitMs: number): ImageDocError {
  return new ImageDocError(
    'RUN_TOO_LONG',
    `All steps and pages of the run together took longer than ${inWords(limitMs)}, which is the limit of one run. Run it over fewer pages or with fewer steps, or ${raiseLimit('runMs')}.`,
    { details: { limitMs } },
  )
}

/** `12 h`, `90 min`, `2 s`. */
function inWords(ms: number): string {
  const [unit, name] = (
    [
      [3_600_000, 'h'],
      [60_000, 'min'],
      [1000, 's'],
    ] as const
  ).find(([size]) => ms % size === 0) ?? [1, 'ms']
  return `${ms / unit} ${name}`
}
