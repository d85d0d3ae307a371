import type { RunEvent, RunState } from '@imagedoc/core'
import { isImageDocError } from '@imagedoc/core/errors'
import type { Connection } from '../connection.ts'
import { pause, waitBefore } from '../retry.ts'
import { openStream, type Streamed } from './event-stream.ts'

/** In the place of events that the server does not keep any more: the state that they made. What follows goes on from it. */
export interface RunSnapshot {
  readonly type: 'snapshot'
  readonly state: RunState
  readonly attempt: number
}

/** What happens in a run: core's events; `reduceRun` makes the state of them, from `initialRunState` or the last snapshot on. */
export type RunMessage = RunEvent | RunSnapshot

/** Settings of {@link RunHandle.events}. */
export interface EventsOptions {
  /** Ends the iteration with `CANCELLED`; the run goes on. */
  readonly signal?: AbortSignal | undefined
}

/** So long events are kept for who comes back. */
const GIVE_UP_MS = 10 * 60_000
const LONGEST_PAUSE_MS = 10_000

/**
 * A run's messages from its start, or a snapshot, to its end: each once and in order, also when connections break in between.
 * @throws UNAUTHENTICATED, NOT_FOUND; SERVER_UNREACHABLE when no server answered at first, or none for ten minutes; CANCELLED
 */
export async function* followRun(connection: Connection, id: string, { signal }: EventsOptions = {}): AsyncGenerator<RunMessage, void> {
  const patience = createPatience(connection.retries)
  let lastEventId: string | undefined
  for (;;) {
    let failure: unknown
    try {
      const input = JSON.stringify({ id, lastEventId })
      for await (const streamed of openStream(connection, `/trpc/runs.events?input=${encodeURIComponent(input)}`, signal)) {
        patience.heard(streamed.type)
        if (streamed.type === 'end') return
        if (streamed.type !== 'data') continue
        lastEventId = streamed.id
        const message = streamed.data as RunMessage
        yield message
        if (isLast(message)) return
      }
    } catch (error) {
      failure = error
    }
    await pause(patience.next(failure), signal)
  }
}

/** How long a stream that broke is tried again. */
function createPatience(retries: number) {
  let failures = 0
  let isOpen = false
  let heardAt: number | undefined
  return {
    heard(type: Streamed['type']): void {
      isOpen = true
      if (type === 'open') return
      heardAt = Date.now()
      if (type === 'data') failures = 0
    },
    /** Milliseconds until the next attempt; a stream that ended without a word may go on at once. @throws the failure, when there is to be none */
    next(failure: unknown): number {
      if (failure !== undefined && !(isImageDocError(failure) && failure.retryable)) throw failure
      // One that was open and broke says as much as a ping: there was a server a moment ago.
      if (isOpen && (failure === undefined || codeOf(failure) === 'SERVER_UNREACHABLE')) heardAt = Date.now()
      isOpen = false
      if (heardAt === undefined ? failures >= retries : Date.now() - heardAt > GIVE_UP_MS) throw failure
      const details = isImageDocError(failure) ? failure.details : undefined
      return Math.min(waitBefore(details, failures++), LONGEST_PAUSE_MS)
    },
  }
}

function codeOf(error: unknown): string | undefined {
  return isImageDocError(error) ? error.code : undefined
}

function isLast(message: RunMessage): boolean {
  return message.type === 'run-ended' || (message.type === 'snapshot' && message.state.status !== 'running')
}
