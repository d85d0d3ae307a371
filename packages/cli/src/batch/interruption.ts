import { constants } from 'node:os'

/** What Ctrl-C, or a signal to end, does while inputs are worked on. */
export interface Interruption extends Disposable {
  /** Aborted by the first one. */
  readonly signal: AbortSignal
  /** From now on a signal ends the process at once, by the system's own hand: code is about to run that may never return to a handler. */
  letGo(): void
}

/** npm and the terminal may both pass the same Ctrl-C on. */
const SAME_KEY_MS = 300
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The first signal aborts, so that the runs end cleanly and what is finished is kept; the second ends the process at once.
 * @param leaving called just before that: what it leaves behind may need a word
 */
export function onInterrupt(announce: () => void, leaving: () => void = () => {}): Interruption {
  const controller = new AbortController()
  let first = 0
  const stop = (name: (typeof signals)[number]): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first <= SAME_KEY_MS) return
      leaving()
      process.exit(128 + constants.signals[name])
    }
    first = performance.now()
    controller.abort()
    announce()
  }
  const letGo = (): void => {
    for (const name of signals) process.off(name, stop)
  }
  for (const name of signals) process.on(name, stop)
  return { signal: controller.signal, letGo, [Symbol.dispose]: letGo }
}
