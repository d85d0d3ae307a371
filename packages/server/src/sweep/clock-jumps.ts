/** Apart by more, the clock was set, or the machine slept. */
const JUMP_MS = 3_600_000
/** So long after that nothing goes because of its age. */
const CAUTION_MS = 24 * 3_600_000

/** Notices when the time of day goes otherwise than time does. */
export interface ClockJumps {
  /** True for a day after the clock was set by more than an hour: what is old by it may be new. */
  isDoubtful(): boolean
}

/** @param clocks the time of day, and one that is never set; both in ms */
export function createClockJumps(
  clocks: { wall(): number; steady(): number } = { wall: Date.now, steady: () => performance.now() },
): ClockJumps {
  const apart = (): number => clocks.wall() - clocks.steady()
  let known = apart()
  let jumpedAt: number | undefined
  return {
    isDoubtful() {
      const found = apart()
      if (Math.abs(found - known) > JUMP_MS) {
        known = found
        jumpedAt = clocks.steady()
      }
      return jumpedAt !== undefined && clocks.steady() - jumpedAt < CAUTION_MS
    },
  }
}
