import { abortError, throwIfAborted } from '@imagedoc/core'
import { createLines, type Entrant } from './lines.ts'

/** How much may be at work at a time. */
export interface RoomSize {
  /** Of everybody together. */
  readonly size: number
  /** Of one user: less than `size`, so that one user alone never fills the room. */
  readonly ofUser: number
}

/**
 * Room for so much work at a time. Users take turns, and a user's own queues take turns, too. So a user waits at most for one piece of work of each
 * other user, however many of them wait.
 */
export interface FairRoom extends RoomSize {
  /** Gives the function that leaves the room again. @throws CANCELLED, or the signal's own error, when it aborts while waiting */
  enter(entrant: Entrant, signal?: AbortSignal): Promise<() => void>
  /** How many wait in a queue: of all users, or of one. */
  waiting(queue: string, user?: string): number
  /** How many are at work: of all users, or of one. */
  active(user?: string): number
}

/** An empty room. */
export function createFairRoom({ size, ofUser }: RoomSize): FairRoom {
  const lines = createLines()
  const active = new Map<string, number>()
  let free = size
  const activeOf = (user: string): number => active.get(user) ?? 0

  const fill = (): void => {
    while (free > 0) {
      const found = lines.next((user) => activeOf(user) < ofUser)
      if (!found) return
      free--
      active.set(found.user, activeOf(found.user) + 1)
      found.admit()
    }
  }
  const leave = (user: string): void => {
    const left = activeOf(user) - 1
    if (left > 0) active.set(user, left)
    else {
      active.delete(user)
      lines.forget(user)
    }
    free++
    fill()
  }
  const wait = (entrant: Entrant, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const admit = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        lines.remove(entrant, admit)
        if (activeOf(entrant.user) === 0) lines.forget(entrant.user)
        reject(abortError(signal as AbortSignal))
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      lines.add(entrant, admit)
      fill()
    })

  return {
    size,
    ofUser,
    async enter(entrant, signal) {
      throwIfAborted(signal)
      await wait(entrant, signal)
      return once(() => leave(entrant.user))
    },
    waiting: lines.size,
    active: (user) => (user === undefined ? size - free : activeOf(user)),
  }
}

/** A place that is left twice must not make room twice. */
function once(work: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}
