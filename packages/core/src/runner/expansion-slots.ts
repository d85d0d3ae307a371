import { abortError } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'

/** An expansion that is open in a worker. */
export interface OpenSlot {
  /** Being opened, or making an item: it must not be closed. */
  readonly busy: boolean
  /** Gives the worker back; the expansion is opened again when its next item is asked for. */
  evict(): void
}

/**
 * Bounds the workers that open expansions hold. One expansion may need another to be opened before it goes on (a page of a document is split
 * in two), so waiting for one to be closed could be for ever: an idle one makes room instead.
 */
export interface ExpansionSlots {
  /** @throws CANCELLED */
  enter(slot: OpenSlot, signal: AbortSignal): Promise<void>
  leave(slot: OpenSlot): void
  /** To be called when a slot is no longer busy. */
  idle(slot: OpenSlot): void
}

export function createExpansionSlots(size: number): ExpansionSlots {
  // In the order of their last use: the first is the one that was idle longest.
  const open = new Set<OpenSlot>()
  let waiting: (() => void)[] = []
  // All of them, since some may have given up; there are never many.
  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }

  const makeRoom = (): boolean => {
    if (open.size < size) return true
    const victim = [...open].find((slot) => !slot.busy)
    if (!victim) return false
    open.delete(victim)
    victim.evict()
    return true
  }

  return {
    async enter(slot, signal) {
      while (!makeRoom()) {
        const turn = Promise.withResolvers<void>()
        waiting.push(turn.resolve)
        const stopListening = onAbort(signal, turn.resolve)
        await turn.promise
        stopListening()
        if (signal.aborted) throw abortError(signal)
      }
      open.add(slot)
    },
    leave(slot) {
      open.delete(slot)
      wake()
    },
    idle(slot) {
      if (open.delete(slot)) open.add(slot)
      wake()
    },
  }
}
