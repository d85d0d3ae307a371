import { getEventListeners } from 'node:events'
import { type EventBus, ImageDocError, type Json } from '@imagedoc/core'
import type { Log } from '../logging/log.ts'
import type { Token } from '../records/token.ts'

const TOPIC = 'tokens-ended'
const SWEEP_MS = 60_000
/**
 * So long after the token's last request its signal is kept although it has no listener: one made of it by AbortSignal.any leads back to it only
 * weakly and cannot be counted, so no connection that uses one may be older without another request.
 */
const IDLE_SWEEPS = 24 * 60

/** Tells whoever works for a token that it ended, in every process. */
export interface TokenSignals extends AsyncDisposable {
  /** To be awaited before `of`: else an end that another process tells of now would be missed. @throws STORE_UNAVAILABLE */
  listen(): Promise<void>
  /** Aborts with UNAUTHENTICATED when the token ends; within a minute when it expires. One for all requests of a token. */
  of(token: Pick<Token, '_id' | 'expires_at'>): AbortSignal
  /** Aborts here at once, and tells the others. Never throws: the tokens are gone from the table, which every request asks. */
  ended(ids: readonly string[]): Promise<void>
}

/** A signal is held while it has a listener or its token is in use; after that only whoever has it keeps it alive. */
interface Entry {
  readonly signal: WeakRef<AbortSignal>
  readonly expiresAt: Date
  /** The same by sweeps, which go on however the clock is set. */
  readonly expiresIn: number
  held: AbortSignal | undefined
  usedIn: number
}

interface Needs {
  readonly events: EventBus
  readonly log: Log
  readonly now: () => Date
}

export function createTokenSignals({ events, log, now }: Needs): TokenSignals & { readonly size: number } {
  const entries = new Map<string, Entry>()
  // A signal does not lead to its controller: here it lives exactly as long as its signal.
  const controllers = new WeakMap<AbortSignal, AbortController>()
  const abort = (id: string): void => {
    const signal = entries.get(id)?.signal.deref()
    entries.delete(id)
    if (signal) controllers.get(signal)?.abort(endedError())
  }
  let sweeps = 0
  const sweep = setInterval(() => sweepEntries(entries, { now: now().getTime(), sweeps: ++sweeps, abort }), SWEEP_MS).unref()
  const subscription = createSubscription(events, (message) => idsIn(message).forEach(abort))
  return {
    listen: subscription.open,
    of({ _id, expires_at }) {
      const known = entries.get(_id)
      const signal = known?.signal.deref() ?? newSignal(controllers)
      const left = sweeps + Math.ceil(Math.max(0, expires_at.getTime() - now().getTime()) / SWEEP_MS)
      // As it was when it was first seen: the clock may have been set back since.
      const expiresIn = Math.min(left, known?.expiresIn ?? Number.POSITIVE_INFINITY)
      entries.set(_id, { signal: new WeakRef(signal), expiresAt: expires_at, expiresIn, held: signal, usedIn: sweeps })
      return signal
    },
    async ended(ids) {
      if (ids.length === 0) return
      ids.forEach(abort)
      await events.publish(TOPIC, { ids: [...ids] }).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'Other processes were not told that tokens ended.')
      })
    },
    get size() {
      return entries.size
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweep)
      await subscription.close()
    },
  }
}

function newSignal(controllers: WeakMap<AbortSignal, AbortController>): AbortSignal {
  const controller = new AbortController()
  controllers.set(controller.signal, controller)
  return controller.signal
}

function sweepEntries(
  entries: Map<string, Entry>,
  { now, sweeps, abort }: { now: number; sweeps: number; abort: (id: string) => void },
): void {
  for (const [id, entry] of entries) {
    const signal = entry.signal.deref()
    if (!signal) entries.delete(id)
    else if (entry.expiresAt.getTime() <= now || entry.expiresIn <= sweeps) abort(id)
    else if (entry.usedIn + IDLE_SWEEPS <= sweeps) entry.held = getEventListeners(signal, 'abort').length > 0 ? signal : undefined
  }
}

/** Subscribed once; a failed attempt is made again at the next request. */
function createSubscription(events: EventBus, listener: (message: Json) => void) {
  let opened: Promise<AsyncDisposable> | undefined
  return {
    async open(): Promise<void> {
      opened ??= events.subscribe(TOPIC, listener)
      try {
        await opened
      } catch (error) {
        opened = undefined
        throw error
      }
    },
    async close(): Promise<void> {
      await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]()
    },
  }
}

function idsIn(message: Json): string[] {
  const { ids } = message as { ids?: Json }
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
}

function endedError(): ImageDocError {
  return new ImageDocError('UNAUTHENTICATED', 'The session or key ended meanwhile. Log in again.')
}
