import { ImageDocError, throwIfAborted } from '../errors/error.ts'
import { onAbort } from '../errors/on-abort.ts'
import type { Lease, ResultRecord } from '../ports/result-cache.ts'

/** Single flight within this process. */
export interface LocalLeases {
  /**
   * The right to compute `key`, or the record that its holder has put meanwhile. `look` asks the cache.
   * @throws CANCELLED, CACHE_UNAVAILABLE when the leases are closed, and what `look` throws
   */
  acquire(key: string, options: { signal: AbortSignal; look: () => Promise<ResultRecord | undefined> }): Promise<Lease | ResultRecord>
  /** Tells the waiting that there is something to look at. To be called after every put. */
  announce(key: string): void
  /** Ends every wait and every lease. */
  close(): void
}

interface Holding {
  abort: AbortController
  /** Called when the holder has put something or is gone. */
  waiting: Set<() => void>
}

/** Leases that die with the process; whoever waits takes over when the holder disposes of its lease without a put. */
export function createLocalLeases(): LocalLeases {
  const holdings = new Map<string, Holding>()
  let closed = false
  const release = (key: string, holding: Holding) => {
    if (holdings.get(key) === holding) holdings.delete(key)
    wake(holding)
  }

  return {
    async acquire(key, { signal, look }) {
      for (;;) {
        throwIfAborted(signal)
        if (closed) throw closedError()
        const held = holdings.get(key)
        if (held) {
          const woken = nextWake(held, signal)
          try {
            // Asked after the wait has begun: a put in between ends it.
            const record = await look()
            if (record) return record
            await woken.promise
          } finally {
            woken.stop()
          }
          continue
        }
        const holding = { abort: new AbortController(), waiting: new Set<() => void>() }
        holdings.set(key, holding)
        try {
          const record = await look()
          if (!record) return { signal: holding.abort.signal, [Symbol.asyncDispose]: async () => release(key, holding) }
          release(key, holding)
          return record
        } catch (error) {
          release(key, holding)
          throw error
        }
      }
    },
    announce(key) {
      const holding = holdings.get(key)
      if (holding) wake(holding)
    },
    close() {
      closed = true
      for (const holding of holdings.values()) {
        holding.abort.abort(closedError())
        wake(holding)
      }
      holdings.clear()
    },
  }
}

/** Resolves when the holding changes or the signal is aborted, whichever comes first. */
function nextWake({ waiting }: Holding, signal: AbortSignal): { promise: Promise<void>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stopListening = onAbort(signal, resolve)
  const stop = () => {
    waiting.delete(stop)
    stopListening()
    resolve()
  }
  waiting.add(stop)
  return { promise, stop }
}

function wake({ waiting }: Holding): void {
  for (const resume of [...waiting]) resume()
}

/** The error of every call on a cache that was disposed of. */
export function closedError(): ImageDocError {
  return new ImageDocError('CACHE_UNAVAILABLE', 'The result cache is closed.', { retryable: false })
}
