import { abortError, ImageDocError } from '@imagedoc/core'
import type { FairRoom } from './fair-room.ts'

/** What bounds one queue. */
export interface FairQueueOptions {
  /** How many of all users may wait. A user with nothing waiting may always wait with one. */
  readonly waiting: number
  /** How many of one user may wait. */
  readonly waitingOfUser: number
  /** How long one piece of work may take from when it begins, in milliseconds; null: as long as it takes. */
  readonly limitMs: number | null
  /** The work in words: the subject of the error's sentence. */
  readonly what: string
  /** What a user is told to do when the time is over. */
  readonly remedy: string
}

/** What waits for a room. */
export interface FairQueue extends FairQueueOptions {
  readonly name: string
  readonly room: FairRoom
  /**
   * Does the work when it is the user's turn. The signal that the work gets aborts with the given one and when the time is over; the caller then has
   * the error at once, whatever the work does.
   * @throws RATE_LIMITED when too much waits already; STEP_TIMEOUT; CANCELLED or the signal's own error
   */
  run<Value>(user: string, work: (signal: AbortSignal) => Promise<Value>, options?: { signal?: AbortSignal }): Promise<Value>
  /** A place that is held until it is disposed, for work that says itself when it is over. @throws RATE_LIMITED; CANCELLED */
  enter(user: string, options?: { signal?: AbortSignal }): Promise<Disposable>
}

const RETRY_SECONDS = 5

/** A queue before a room that it may share with others. */
export function createFairQueue(name: string, room: FairRoom, options: FairQueueOptions): FairQueue {
  const { waiting, waitingOfUser, limitMs, what, remedy } = options
  const assertRoomToWait = (user: string): void => {
    const own = room.waiting(name, user)
    if (waitingOfUser === 0) throw busy(`You have ${room.ofUser} of these open already, or the server has too many. End some.`)
    if (own >= waitingOfUser) throw busy(`You have ${own} of this waiting at the server already.`)
    if (own > 0 && room.waiting(name) >= waiting) throw busy('The server has more of this to do than it can.')
  }
  const enter = async (user: string, signal?: AbortSignal): Promise<Disposable> => {
    const isFree = room.active() < room.size && room.active(user) < room.ofUser
    if (!isFree) assertRoomToWait(user)
    return { [Symbol.dispose]: await room.enter({ user, queue: name }, signal) }
  }
  return {
    ...options,
    name,
    room,
    enter: (user, { signal } = {}) => enter(user, signal),
    async run(user, work, { signal } = {}) {
      using _place = await enter(user, signal)
      if (limitMs === null && !signal) return await work(new AbortController().signal)
      return await withinTime(work, { signal, limitMs, tooLong: () => tooLong({ what, remedy, limitMs }) })
    },
  }
}

interface Within {
  readonly signal: AbortSignal | undefined
  readonly limitMs: number | null
  readonly tooLong: () => ImageDocError
}

/** Does not wait for work that was cut off: what it has of a child is killed, and what it throws is nobody's any more. */
async function withinTime<Value>(work: (signal: AbortSignal) => Promise<Value>, { signal, limitMs, tooLong }: Within): Promise<Value> {
  const controller = new AbortController()
  const cut = Promise.withResolvers<never>()
  cut.promise.catch(() => {})
  const end = (reason: unknown): void => {
    controller.abort(reason)
    cut.reject(reason)
  }
  const cancel = (): void => end(abortError(signal as AbortSignal))
  const timer = limitMs === null ? undefined : setTimeout(() => end(tooLong()), limitMs)
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await Promise.race([work(controller.signal), cut.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}

function busy(why: string): ImageDocError {
  return new ImageDocError('RATE_LIMITED', `${why} Try again in ${RETRY_SECONDS} seconds.`, {
    details: { retryAfterSeconds: RETRY_SECONDS },
  })
}

function tooLong({ what, remedy, limitMs }: { what: string; remedy: string; limitMs: number | null }): ImageDocError {
  const seconds = (limitMs ?? 0) / 1000
  return new ImageDocError('STEP_TIMEOUT', `${what} took longer than ${seconds} seconds, so it was stopped. ${remedy}`, {
    details: { limitMs },
    // The same work takes as long the next time.
    retryable: false,
  })
}
