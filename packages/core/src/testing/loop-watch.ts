/** How long the event loop could do nothing else. */
export interface LoopHold {
  /** Milliseconds at a stretch, at most. */
  readonly longestMs: number
  /** Milliseconds that were watched. */
  readonly totalMs: number
}

/** Watches the event loop until it is told to stop: whoever holds it keeps the next look from coming. */
export function watchLoop(): { stop(): LoopHold } {
  const began = performance.now()
  let last = began
  let longestMs = 0
  const look = (): void => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }
  const timer = setInterval(look, 1)
  return {
    stop() {
      clearInterval(timer)
      look()
      return { longestMs, totalMs: last - began }
    },
  }
}
