import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWorkClock } from '../../src/execute/work-clock.ts'

describe('the clock of a run', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const forMs = (ms: number) => () => new Promise<void>((done) => setTimeout(done, ms))

  it('stops the run when all work together took too long, while the last piece goes on', async () => {
    using clock = createWorkClock(10_000, new AbortController().signal)
    const first = clock.time(forMs(4000))
    await vi.advanceTimersByTimeAsync(4000)
    await first
    // Two side by side: 3 s of the clock on the wall are 6 s of work.
    void clock.time(forMs(60_000))
    void clock.time(forMs(60_000))
    await vi.advanceTimersByTimeAsync(2990)
    expect(clock.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(20)
    expect(clock.signal.reason).toMatchObject({ code: 'RUN_TOO_LONG', retryable: false, message: expect.stringContaining('10 s') })
  })

  it('does not count while nothing is worked on, and counts what was done elsewhere', async () => {
    using clock = createWorkClock(10_000, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(60_000)
    clock.add(9999)
    expect(clock.signal.aborted).toBe(false)
    clock.add(1)
    expect(clock.signal.reason).toMatchObject({ code: 'RUN_TOO_LONG' })
  })

  it('ends with the run’s own signal, and never by itself without a limit', async () => {
    const given = new AbortController()
    using clock = createWorkClock(Number.POSITIVE_INFINITY, given.signal)
    void clock.time(forMs(1e9))
    await vi.advanceTimersByTimeAsync(1e8)
    expect(clock.signal.aborted).toBe(false)
    given.abort()
    expect(clock.signal.reason).toMatchObject({ code: 'CANCELLED' })
  })
})
