import type { EventBus } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Queues } from '../queues/queues.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Tables } from '../records/tables.ts'
import { type Followed, type FollowOptions, followRun } from './follow.ts'
import { createPublisher, type PublishedEvent } from './publisher.ts'
import { endEventOf } from './row-end.ts'
import type { RunEventLog } from './run-event-log.ts'

/** What happens in the runs, told while it happens. */
export interface RunEvents extends AsyncDisposable {
  /**
   * Tells everybody who follows the run, in the order of the calls. The events get numbers of their own: progress is thinned out, and so are
   * diagnostics. A later attempt begins with `run-started`, which starts the state anew; what an earlier one still tells is dropped. Resolves when it
   * is in the log and never rejects: a run must not end because nobody could be told of it.
   */
  publish(runId: Id, published: PublishedEvent): Promise<void>
  /** Tells how a run ended, when its row does. As `publish`. */
  publishEnd(run: Run): Promise<void>
  /**
   * Everything from the start or after `lastEventId`, until the run has ended; a `snapshot` first where that is not kept. Ends without its last message
   * when the server stops: then one is to come back with the last id.
   * @throws what `check` throws, the signal's reason, UNAUTHENTICATED when the caller's token ends; RATE_LIMITED for one stream too many of hers;
   * NOT_FOUND when the run is gone
   */
  follow(runId: Id, options: FollowOptions & { readonly caller?: Pick<Caller, 'userId' | 'signal'> }): AsyncIterable<Followed>
  /** Ends every stream; nobody waits for them when the server stops. */
  stop(): void
}

interface Needs {
  readonly log: RunEventLog
  readonly events: EventBus
  readonly tables: Pick<Tables, 'runs'>
  readonly now: () => Date
  /** Told of what could not be published. */
  readonly warn: (error: unknown) => void
  /** Bounds the streams of one user. */
  readonly streams: Pick<Queues['streams'], 'enter'>
}

/** @param needs.log is not disposed of here */
export function createRunEvents(needs: Needs): RunEvents {
  const publisher = createPublisher(needs)
  const stopping = new AbortController()
  // tRPC ends a stream that fails with this name without a word, as a broken connection would.
  const stop = (): void => stopping.abort(new DOMException('The server stops.', 'AbortError'))
  return {
    publish: publisher.publish,
    async publishEnd(run) {
      const event = endEventOf(run)
      if (event) await publisher.publish(run._id, { attempt: run.attempt, event })
    },
    async *follow(runId, { caller, signal, ...options }) {
      using _place = caller && (await needs.streams.enter(caller.userId))
      using any = anyOf([signal, stopping.signal, ...(caller ? [caller.signal] : [])])
      yield* followRun(needs, runId, { ...options, signal: any.signal })
    },
    stop,
    async [Symbol.asyncDispose]() {
      stop()
      publisher[Symbol.dispose]()
    },
  }
}

/** Aborts with the first of them. Not AbortSignal.any, of which a token's signal could not see that it has a listener: see token-signals.ts. */
function anyOf(signals: readonly AbortSignal[]): Disposable & { signal: AbortSignal } {
  const controller = new AbortController()
  const abort = (): void => controller.abort(signals.find(({ aborted }) => aborted)?.reason)
  for (const signal of signals) signal.addEventListener('abort', abort)
  if (signals.some(({ aborted }) => aborted)) abort()
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => signals.forEach((signal) => void signal.removeEventListener('abort', abort)),
  }
}
