import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ImageDocError } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTokenSignals } from '../../src/accounts/token-signals.ts'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { createLog } from '../../src/logging/log.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

const DAY = 24 * 60 * 60_000
const MINUTE = 60_000
const log = createLog('silent')
const now = (): Date => new Date()
const token = (_id: string, ms = 100 * DAY) => ({ _id, expires_at: new Date(Date.now() + ms) })

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
/** A WeakRef that was read keeps what it leads to until the end of the task. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  gc()
}

describe('signals of tokens', () => {
  it('abort in every process when one says that the token ended', async () => {
    await using events = createLocalEventBus()
    await using here = createTokenSignals({ events, log, now })
    await using there = createTokenSignals({ events, log, now })
    await Promise.all([here.listen(), there.listen()])
    const [ended, remote, other] = [here.of(token('a')), there.of(token('a')), there.of(token('b'))]
    const done = here.ended(['a'])
    expect(ended.reason).toMatchObject({ code: 'UNAUTHENTICATED' })
    await done
    await vi.waitFor(() => expect(remote.aborted).toBe(true))
    expect(other.aborted).toBe(false)
  })

  it('abort here although the others cannot be told', async () => {
    await using bus = createLocalEventBus()
    const publish = async (): Promise<void> => {
      throw new ImageDocError('STORE_UNAVAILABLE', 'The bus is away.')
    }
    await using signals = createTokenSignals({ events: { ...bus, publish }, log, now })
    const signal = signals.of(token('a'))
    await signals.ended(['a'])
    expect(signal.aborted).toBe(true)
  })

  it('abort within a minute after the token expired', async () => {
    await using events = createLocalEventBus()
    await using signals = createTokenSignals({ events, log, now })
    const signal = signals.of(token('a', 30_000))
    vi.advanceTimersByTime(20_000)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(MINUTE)
    expect(signal.aborted).toBe(true)
    expect(signals.size).toBe(0)
  })

  it('are one and the same for all requests of a token', async () => {
    await using events = createLocalEventBus()
    await using signals = createTokenSignals({ events, log, now })
    expect(signals.of(token('a'))).toBe(signals.of(token('a')))
    expect(signals.size).toBe(1)
  })

  it('are forgotten when the token was not used for a day and nobody has one any more', async () => {
    await using events = createLocalEventBus()
    await using signals = createTokenSignals({ events, log, now })
    for (let index = 0; index < 100; index++) signals.of(token(`token ${index}`))
    const kept = signals.of(token('kept'))
    vi.advanceTimersByTime(DAY + MINUTE)
    await collect()
    vi.advanceTimersByTime(MINUTE)
    expect(signals.size).toBe(1)
    await signals.ended(['kept'])
    expect(kept.aborted).toBe(true)
  })

  it('are kept however long for whoever only listens', async () => {
    await using events = createLocalEventBus()
    await using signals = createTokenSignals({ events, log, now })
    const heard = vi.fn()
    signals.of(token('a')).addEventListener('abort', heard)
    vi.advanceTimersByTime(3 * DAY)
    await collect()
    vi.advanceTimersByTime(MINUTE)
    await signals.ended(['a'])
    expect(heard).toHaveBeenCalledOnce()
  })

  it('reach for a day whoever listens to a signal made of it by AbortSignal.any', async () => {
    await using events = createLocalEventBus()
    await using signals = createTokenSignals({ events, log, now })
    const heard = vi.fn()
    const listen = (): void => AbortSignal.any([new AbortController().signal, signals.of(token('a'))]).addEventListener('abort', heard)
    listen()
    vi.advanceTimersByTime(DAY - MINUTE)
    await collect()
    await signals.ended(['a'])
    expect(heard).toHaveBeenCalledOnce()
  })

  it('listen again after the bus was away once', async () => {
    await using bus = createLocalEventBus()
    const subscribe = vi.fn(bus.subscribe).mockRejectedValueOnce(new ImageDocError('STORE_UNAVAILABLE', 'The bus is away.'))
    await using signals = createTokenSignals({ events: { ...bus, subscribe }, log, now })
    await expect(signals.listen()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await signals.listen()
    await signals.listen()
    expect(subscribe).toHaveBeenCalledTimes(2)
  })
})
