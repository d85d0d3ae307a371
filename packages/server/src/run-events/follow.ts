import { type EventBus, ImageDocError, type RunEvent, type RunState } from '@imagedoc/core'
import type { Id } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'
import { createBell } from './bell.ts'
import { compareEventIds, type EventId, formatEventId, isNext, parseEventId } from './event-id.ts'
import { topicOf } from './publisher.ts'
import { endStateOf } from './row-end.ts'
import type { LoggedEvent, RunEventLog, RunSnapshot } from './run-event-log.ts'

/** Instead of events that are not kept: the state that they made, from which the ones that follow go on. */
export interface RunStateMessage {
  readonly type: 'snapshot'
  readonly state: RunState
  readonly attempt: number
}

export type RunMessage = RunEvent | RunStateMessage

/** A message, and the id to go on from after it. */
export interface Followed {
  readonly id: string
  readonly message: RunMessage
}

export interface FollowOptions {
  /** Of the last message that arrived. @default from the start */
  readonly lastEventId?: string | undefined
  readonly signal: AbortSignal
  /** Asked every 10 s; what it throws ends the stream. @default nothing */
  readonly check?: (() => Promise<void>) | undefined
}

interface Needs {
  readonly log: RunEventLog
  readonly events: EventBus
  readonly tables: Pick<Tables, 'runs'>
  readonly now: () => Date
}

/** A message of the bus may be lost: so often the log is asked without one. */
const LOOK_MS = 10_000
/** Between the row of a run that has ended and its last event. */
const GRACE_MS = 2000
const PAGE = 256

interface Step {
  readonly messages: readonly Followed[]
  readonly at: EventId | undefined
  readonly ended: boolean
  /** The row says that the run has ended, which was not told yet. */
  readonly over?: boolean
}

/**
 * A run's messages, each once and in order, until it has ended. Nothing is kept for a follower but where she is: one that is slow reads on from the
 * log, and from its latest state when the log has left her behind.
 */
export async function* followRun(needs: Needs, runId: Id, options: FollowOptions): AsyncGenerator<Followed, void> {
  const { signal, lastEventId, check = async () => {} } = options
  using bell = createBell(signal)
  using turn = createTurn(bell.ring)
  await using _subscription = await needs.events.subscribe(topicOf(runId), bell.ring)
  const checked = async (): Promise<void> => {
    await check()
    turn.begin()
  }
  let at = lastEventId === undefined ? undefined : parseEventId(lastEventId)
  let look = true
  /** At an earlier look its row said already that it has ended. */
  let wasOver = false
  for (;;) {
    const step = await next(needs, runId, { at, look, wasOver })
    look = false
    wasOver ||= step.over === true
    for (const message of step.messages) {
      signal.throwIfAborted()
      yield message
      if (turn.isOver()) await checked()
    }
    at = step.at
    if (step.ended) return
    if (step.messages.length > 0) continue
    await bell.wait(LOOK_MS)
    if (!turn.isOver()) continue
    await checked()
    look = true
  }
}

/** So long until it is asked again what may be seen: by a timer, which goes on however the clock is set. */
function createTurn(ring: () => void): Disposable & { begin(): void; isOver(): boolean } {
  let over = false
  const end = (): void => {
    over = true
    ring()
  }
  let timer = setTimeout(end, LOOK_MS)
  return {
    isOver: () => over,
    begin() {
      clearTimeout(timer)
      over = false
      timer = setTimeout(end, LOOK_MS)
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

interface Place {
  readonly at: EventId | undefined
  readonly look: boolean
  readonly wasOver: boolean
}

/** What comes after `at`; `look` also asks for what the log does not tell: that it has left her behind, or that the run has ended. */
async function next({ log, tables, now }: Needs, runId: Id, { at, look, wasOver }: Place): Promise<Step> {
  // Before the events: what comes in between is one of them, and no reason for a snapshot.
  const before = look ? await log.latest(runId) : undefined
  const entries = await log.read(runId, { after: at, limit: PAGE })
  const following = withoutGap(entries, at)
  const last = following.at(-1)
  if (last) return { messages: following.map(eventMessage), at: last.id, ended: last.event.type === 'run-ended' }
  const isGap = entries.length > 0
  if (!look && !isGap) return { messages: [], at, ended: false }
  const latest = isGap ? await log.latest(runId) : before
  // An id of another run, or one that was made up, may be ahead of everything.
  if (latest && compareEventIds(latest.id, at) !== 0) return stateStep(latest)
  if (latest && latest.state.status !== 'running') return { messages: [], at, ended: true }
  const end = await endOf(tables, runId)
  if (!end) return { messages: [], at, ended: false }
  // Its last event may still be on its way, but not from one look to the next.
  const isFresh = end.endedAt !== null && now().getTime() - end.endedAt.getTime() < GRACE_MS
  return isFresh && !wasOver ? { messages: [], at, ended: false, over: true } : end.step
}

function withoutGap(entries: readonly LoggedEvent[], at: EventId | undefined): readonly LoggedEvent[] {
  const gap = entries.findIndex(({ id }, index) => !isNext(id, entries[index - 1]?.id ?? at))
  return gap === -1 ? entries : entries.slice(0, gap)
}

function eventMessage({ id, event }: LoggedEvent): Followed {
  return { id: formatEventId(id), message: event }
}

function stateStep({ id, state }: RunSnapshot): Step {
  const message: RunStateMessage = { type: 'snapshot', state, attempt: id.attempt }
  return { messages: [{ id: formatEventId(id), message }], at: id, ended: state.status !== 'running' }
}

/** The row says that the run has ended although the log does not: its events were lost, or their publisher. Undefined while it has not. */
async function endOf({ runs }: Needs['tables'], runId: Id): Promise<{ step: Step; endedAt: Date | null } | undefined> {
  const row = await runs.get(runId)
  if (!row) throw new ImageDocError('NOT_FOUND', 'There is no such run, or you may not see it.', { path: 'id' })
  const state = endStateOf(row)
  return state && { step: stateStep({ id: { attempt: row.attempt, seq: 0 }, state }), endedAt: row.ended_at }
}
