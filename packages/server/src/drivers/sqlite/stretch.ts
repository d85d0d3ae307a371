/** So long calls may follow each other before the process does something else. */
const STRETCH_MS = 20

/**
 * Tells when calls that block the process have followed each other for too long. A loop over rows that awaits nothing but such calls never lets a timer
 * or a socket have its turn by itself: awaiting what is ready already does not.
 */
export function createStretch(): { isLong(): boolean } {
  let began: number | undefined
  return {
    isLong() {
      if (began !== undefined) return performance.now() - began > STRETCH_MS
      began = performance.now()
      setImmediate(() => (began = undefined))
      return false
    },
  }
}
