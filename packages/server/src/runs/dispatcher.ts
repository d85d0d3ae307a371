import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { type Log, oncePerMinute, reasonOf } from '../logging/log.ts'
import type { Id } from '../records/id.ts'
import type { Run } from '../records/run.ts'
import type { Services } from '../services.ts'
import { createOnDemand } from '../turns/on-demand.ts'
import { nextWaiting } from './next-waiting.ts'
import type { RunCancels } from './run-cancels.ts'
import type { RunEngine } from './run-engine.ts'

type Needs = Pick<Services, 'log' | 'room' | 'tables'>

/** Runs that a process does at a time: their pages share its turns, so more would only take memory. */
const RUNS = 8
/** Of these one user has so many; what somebody waits for has room beyond. */
const RUNS_OF_USER = 2
const ROOM_FOR_INTERACTIVE = 4
/** A wake may be lost, and so may be the process that had a run. */
const LOOK_MS = 2000
/** So long runs may go on when the server stops; what is not done by then is handed back. */
const DRAIN_MS = 10_000

/** Begins runs that wait, one user after the other, and goes on with those whose process was lost. */
export interface Dispatcher extends AsyncDisposable {
  /** Something waits that did not before. */
  wake(): void
}

interface Doing {
  readonly user: Id
  readonly done: Promise<void>
}

export function createDispatcher(services: Needs, engine: RunEngine, cancels: RunCancels): Dispatcher {
  const stopping = new AbortController()
  const handBack = new AbortController()
  const doing = new Map<Id, Doing>()
  /** Another process has them, or a server that they need is away: asked again at once they would give the same answer, for ever. */
  const later = new Set<Id>()
  const isLeft = (id: Id): boolean => doing.has(id) || later.has(id)
  /** By priority, whose turn was last. */
  const last: [Id, Id] = ['', '']
  const failed = tellFailures(services.log)

  const begin = ({ _id, user_id }: Run): void => {
    const done = attempt({ id: _id, engine, cancels, stopping: handBack.signal, failed }).then((result) => {
      doing.delete(_id)
      if (result === 'ended') looking.wake()
      else later.add(_id)
    })
    doing.set(_id, { user: user_id, done })
  }
  const isFull = (user: Id): boolean => [...doing.values()].filter((other) => other.user === user).length >= RUNS_OF_USER
  const look = async (): Promise<void> => {
    // What runs make could not be kept: they wait until there is room.
    if (services.room.isFull()) return
    for (const priority of [0, 1] as const) {
      while (!stopping.signal.aborted && doing.size < RUNS + (priority === 0 ? ROOM_FOR_INTERACTIVE : 0)) {
        const run = await nextWaiting(services, {
          priority,
          after: last[priority],
          isFull,
          isDone: isLeft,
          depth: RUNS_OF_USER + 1,
        })
        if (!run) break
        last[priority] = run.user_id
        begin(run)
      }
    }
  }
  /** Those that somebody else does refuse; so only what is nobody's is gone on with. */
  const takeOver = async (): Promise<void> => {
    if (services.room.isFull()) return
    const { rows } = await services.tables.runs.list({ index: 'by_state', equals: ['running'], limit: 100 })
    for (const run of rows) if (!isLeft(run._id) && doing.size < RUNS && !stopping.signal.aborted) begin(run)
  }
  const looking = createOnDemand(look, failed)
  /** What was said on the bus may not have arrived. */
  const hearLostCancels = async (): Promise<void> => {
    for (const id of doing.keys()) if ((await services.tables.runs.get(id))?.cancel_requested === true) cancels.hear(id)
  }
  const tick = (): void => {
    later.clear()
    looking.wake()
    takeOver().then(hearLostCancels).catch(failed)
  }
  const timer = setInterval(tick, LOOK_MS)
  timer.unref()
  tick()
  return {
    wake: looking.wake,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stopping.abort()
      await looking.idle()
      const ended = Promise.all([...doing.values()].map(({ done }) => done))
      const late = setTimeout(
        () => handBack.abort(new ImageDocError('CANCELLED', 'The server stops; another goes on with the run.')),
        DRAIN_MS,
      )
      await ended
      clearTimeout(late)
    },
  }
}

interface Attempt {
  readonly id: Id
  readonly engine: RunEngine
  readonly cancels: RunCancels
  readonly stopping: AbortSignal
  readonly failed: (error: unknown, run: Id) => void
}

/** `left`: it stays as it is in the database, for another process, or for another attempt. */
async function attempt({ id, engine, cancels, stopping, failed }: Attempt): Promise<'ended' | 'left'> {
  using cancelled = cancels.signalOf(id)
  try {
    return (await engine.execute(id, { cancelled: cancelled.signal, stopping })) ? 'ended' : 'left'
  } catch (error) {
    failed(error, id)
    return 'left'
  }
}

/** A missing server or a full disk affects every run, so the log mentions it once a minute. Anything else is logged each time. */
function tellFailures(log: Log): (error: unknown, run?: Id) => void {
  const away = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'runs wait'))
  return (error, run) => {
    if (isImageDocError(error) && ['STORE_UNAVAILABLE', 'STORE_FULL'].includes(error.code)) return away(error)
    log.error({ run, stack: error instanceof Error ? error.stack : String(error) }, 'dispatcher')
  }
}
