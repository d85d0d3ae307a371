import { afterEach, expect, it, vi } from 'vitest'
import { createFairQueue, type FairQueueOptions } from '../../src/queues/fair-queue.ts'
import { createFairRoom } from '../../src/queues/fair-room.ts'

afterEach(() => void vi.useRealTimers())

const queueWith = (options: Partial<FairQueueOptions>, size = { size: 2, ofUser: 1 }) =>
  createFairQueue('pictures', createFairRoom(size), {
    waiting: 3,
    waitingOfUser: 2,
    limitMs: null,
    what: 'Making the picture',
    remedy: 'Make it smaller.',
    ...options,
  })
const never = (): Promise<never> => new Promise(() => {})

it('turns away what waits too long a line of one user, and never a user who has nothing waiting', async () => {
  const queue = queueWith({})
  for (const user of ['a', 'a', 'a', 'b', 'b']) void queue.run(user, never)
  await expect(queue.run('a', never)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 5 } })
  // Of all users no more than three, but for the first of each.
  await expect(queue.run('b', never)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  void queue.run('c', never)
  expect(queue.room.waiting('pictures', 'c')).toBe(1)
})

it('stops work that takes too long, with an error that says what to do, and makes room', async () => {
  vi.useFakeTimers()
  const queue = queueWith({ limitMs: 10_000 }, { size: 1, ofUser: 1 })
  let seen: AbortSignal | undefined
  const slow = queue.run('a', (signal) => {
    seen = signal
    return never()
  })
  const next = queue.run('b', async () => 'made')
  const refused = expect(slow).rejects.toMatchObject({
    code: 'STEP_TIMEOUT',
    message: 'Making the picture took longer than 10 seconds, so it was stopped. Make it smaller.',
    retryable: false,
  })
  await vi.advanceTimersByTimeAsync(10_000)
  await refused
  expect(seen?.aborted).toBe(true)
  expect(await next).toBe('made')
})

it('counts time from when the work begins', async () => {
  vi.useFakeTimers()
  const queue = queueWith({ limitMs: 10_000 }, { size: 1, ofUser: 1 })
  const { promise, resolve } = Promise.withResolvers<string>()
  const first = queue.run('a', () => promise)
  const second = queue.run('b', () => new Promise((done) => setTimeout(done, 6000, 'made')))
  await vi.advanceTimersByTimeAsync(6000)
  resolve('first')
  expect(await first).toBe('first')
  await vi.advanceTimersByTimeAsync(6000)
  expect(await second).toBe('made')
})

it('makes room after work that failed, and when its caller has gone', async () => {
  const queue = queueWith({}, { size: 1, ofUser: 1 })
  await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  const gone = new AbortController()
  const left = queue.run('a', never, { signal: gone.signal })
  await new Promise((done) => setImmediate(done))
  gone.abort()
  await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(await queue.run('a', async () => 'yes')).toBe('yes')
})
