/** Wakes who waits; one that is rung while nobody waits is heard by the next who does. */
export interface Bell extends Disposable {
  readonly ring: () => void
  /** Until it rings or so much time has passed. @throws the signal's reason */
  wait(ms: number): Promise<void>
}

export function createBell(signal: AbortSignal): Bell {
  let rung = false
  let wake = (): void => {}
  const ring = (): void => {
    rung = true
    wake()
  }
  signal.addEventListener('abort', ring)
  return {
    ring,
    async wait(ms) {
      if (!rung && !signal.aborted) await waiting(ms, (done) => (wake = done))
      rung = false
      signal.throwIfAborted()
    },
    [Symbol.dispose]: () => signal.removeEventListener('abort', ring),
  }
}

function waiting(ms: number, waker: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    waker(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
