import type { Id } from '../records/id.ts'
import { compareEventIds, type EventId } from './event-id.ts'
import { KEPT_MS, type LoggedEvent, type RunEventLog, type RunSnapshot } from './run-event-log.ts'

export interface MemoryRunEventLogOptions {
  readonly now: () => Date
  /** Of one run; the oldest go first. @default 10000 */
  readonly maxEvents?: number
  /** Of the events of all runs, as JSON; those of the run that has been silent longest go first. @default 32 MiB */
  readonly maxBytes?: number
  /** Whose state is kept. @default 2000 */
  readonly maxRuns?: number
}

const DAY_MS = 86_400_000
const SWEEP_MS = 60_000

interface Kept extends LoggedEvent {
  readonly at: number
  readonly bytes: number
}

interface RunLog {
  /** Oldest first. */
  events: Kept[]
  latest: RunSnapshot
  lastAt: number
}

/** The embedded log: in this process, gone with it. */
export function createMemoryRunEventLog(options: MemoryRunEventLogOptions): RunEventLog & { readonly bytes: number } {
  const { now, maxEvents = 10_000, maxBytes = 32 * 2 ** 20, maxRuns = 2000 } = options
  // In the order of their last event: a run that gets one goes to the end.
  const runs = new Map<Id, RunLog>()
  let bytes = 0
  const drop = (run: RunLog, count: number): void => {
    for (const event of run.events.splice(0, count)) bytes -= event.bytes
  }
  const forget = (id: Id, run: RunLog): void => {
    drop(run, run.events.length)
    runs.delete(id)
  }
  const expire = (id: Id, run: RunLog): void => {
    drop(run, oldOf(run, now().getTime() - KEPT_MS))
    if (run.lastAt + keptFor(run) <= now().getTime()) forget(id, run)
  }
  const fit = (): void => {
    for (const run of runs.values()) {
      if (bytes <= maxBytes) break
      drop(run, run.events.length)
    }
    for (const [id, run] of runs) {
      if (runs.size <= maxRuns) break
      forget(id, run)
    }
  }
  const fresh = (id: Id): RunLog | undefined => {
    const run = runs.get(id)
    if (run) expire(id, run)
    return runs.get(id)
  }
  const sweep = setInterval(() => runs.forEach((run, id) => void expire(id, run)), SWEEP_MS).unref()
  return {
    async append(id, { entries, state }) {
      const [first, last] = [entries[0], entries.at(-1)]
      if (!first || !last) return true
      const before = fresh(id)
      if (before && compareEventIds(first.id, before.latest.id) <= 0) return false
      const at = now().getTime()
      const added = entries.map((entry) => kept(entry, at))
      for (const event of added) bytes += event.bytes
      const run = before ?? { events: [], latest: { id: last.id, state }, lastAt: at }
      run.events.push(...added)
      run.latest = { id: last.id, state }
      run.lastAt = at
      runs.delete(id)
      runs.set(id, run)
      drop(run, Math.max(0, run.events.length - maxEvents))
      fit()
      return true
    },
    async read(id, { after, limit }) {
      const events = fresh(id)?.events ?? []
      const start = firstAfter(events, after)
      return events.slice(start, start + limit).map(({ id: at, event }) => ({ id: at, event }))
    },
    latest: async (id) => fresh(id)?.latest,
    get bytes() {
      return bytes
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweep)
      runs.clear()
      bytes = 0
    },
  }
}

function kept({ id, event }: LoggedEvent, at: number): Kept {
  return { id, event, at, bytes: JSON.stringify(event).length }
}

function keptFor({ latest }: RunLog): number {
  return latest.state.status === 'running' ? DAY_MS : KEPT_MS
}

/** How many are older. */
function oldOf({ events }: RunLog, time: number): number {
  const young = events.findIndex(({ at }) => at > time)
  return young === -1 ? events.length : young
}

/** By halves: who follows a long run asks often. */
function firstAfter(events: readonly Kept[], after: EventId | undefined): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (compareEventIds((events[middle] as Kept).id, after) > 0) high = middle
    else low = middle + 1
  }
  return low
}
