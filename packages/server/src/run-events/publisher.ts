import { type EventBus, initialRunState, type RunEvent, type RunState, reduceRun } from '@imagedoc/core'
import type { Id } from '../records/id.ts'
import { boundedEvent } from './bounded-event.ts'
import { createProgressThrottle } from './progress-throttle.ts'
import type { LoggedEvent, RunEventLog } from './run-event-log.ts'

/** An event, and in which attempt of its run. */
export interface PublishedEvent {
  readonly attempt: number
  readonly event: RunEvent
}

export interface Publisher extends Disposable {
  publish(runId: Id, published: PublishedEvent): Promise<void>
}

interface Needs {
  readonly log: RunEventLog
  readonly events: EventBus
  readonly warn: (error: unknown) => void
}

/** Runs that this process publishes for; one that is left out goes on from the log. */
const TRACKS = 1000
/** Of one attempt; all of them are in the receipt. */
const DIAGNOSTICS = 100
const BATCH = 500

/** One attempt of a run, as far as this process has published it. */
interface Track extends Disposable {
  readonly runId: Id
  readonly attempt: number
  /** Undefined until the log has said how far it is. */
  known: { seq: number; state: RunState } | undefined
  readonly inbox: RunEvent[]
  flushing: Promise<void> | undefined
  diagnostics: number
  /** The run has ended, or another process writes for it in a later attempt: nothing more is told. */
  over: boolean
  push(event: RunEvent): void
}

/** What the bus says when a run's log has more: not the events, so that a message which is lost costs no event. */
export function topicOf(runId: Id): string {
  return `runs:events:${runId}`
}

/** Numbers the events of a run anew, because not all of them are passed on, and puts them into the log in the order of the calls. */
export function createPublisher(needs: Needs): Publisher {
  const tracks = new Map<Id, Track>()
  const close = (track: Track): void => {
    track[Symbol.dispose]()
    if (tracks.get(track.runId) === track) tracks.delete(track.runId)
  }
  const trackOf = (runId: Id, attempt: number): Track => {
    const known = tracks.get(runId)
    if (known && known.attempt >= attempt) return known
    if (known) close(known)
    const track = createTrack(runId, attempt, needs)
    tracks.set(runId, track)
    const [oldest] = tracks.values()
    if (tracks.size > TRACKS && oldest) close(oldest)
    return track
  }
  return {
    async publish(runId, { attempt, event }) {
      const track = trackOf(runId, attempt)
      if (track.attempt > attempt) return
      try {
        track.push(event)
      } catch (error) {
        needs.warn(error)
      }
      await track.flushing
      if (track.over) close(track)
    },
    [Symbol.dispose]: () => [...tracks.values()].forEach(close),
  }
}

function createTrack(runId: Id, attempt: number, needs: Needs): Track {
  const throttle = createProgressThrottle((event) => {
    if (event.type === 'diagnostic' && ++track.diagnostics > DIAGNOSTICS) return
    track.inbox.push(boundedEvent(event))
    track.flushing ??= flush(track, needs)
  })
  const track: Track = {
    runId,
    attempt,
    known: undefined,
    inbox: [],
    flushing: undefined,
    diagnostics: 0,
    over: false,
    push: throttle.push,
    [Symbol.dispose]: () => throttle[Symbol.dispose](),
  }
  return track
}

/** Never rejects: who watches a run must not disturb it. What could not be logged is a gap, over which a follower is helped by the state. */
async function flush(track: Track, needs: Needs): Promise<void> {
  // What is published in the same tick goes together.
  await Promise.resolve()
  while (track.inbox.length > 0 && !track.over) {
    const batch = track.inbox.splice(0, BATCH)
    try {
      // A second time when another process has written for the same attempt meanwhile.
      if (!(await append(track, batch, needs.log)) && !(await append(track, batch, needs.log))) track.over = true
      await needs.events.publish(topicOf(track.runId), {})
    } catch (error) {
      needs.warn(error)
    }
  }
  track.flushing = undefined
}

/** False when the log has other events there. */
async function append(track: Track, batch: readonly RunEvent[], log: RunEventLog): Promise<boolean> {
  const { runId, attempt } = track
  let { seq, state } = track.known ?? (batch[0]?.type === 'run-started' ? { seq: 0, state: initialRunState } : await startOf(track, log))
  const entries: LoggedEvent[] = []
  for (const given of batch) {
    if (state.status !== 'running') break
    const event = { ...given, seq: ++seq }
    state = reduceRun(state, event)
    entries.push({ id: { attempt, seq }, event })
  }
  track.known = { seq, state }
  const isAdded = await log.append(runId, { entries, state })
  if (!isAdded) track.known = undefined
  track.over = isAdded && state.status !== 'running'
  return isAdded
}

/** Where this attempt is already: a run may be ended by a process that has not worked on it. */
async function startOf({ runId, attempt }: Track, log: RunEventLog): Promise<{ seq: number; state: RunState }> {
  const latest = await log.latest(runId)
  return { seq: latest?.id.attempt === attempt ? latest.id.seq : 0, state: latest?.state ?? initialRunState }
}
