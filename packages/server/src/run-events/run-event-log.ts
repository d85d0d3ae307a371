import type { RunEvent, RunState } from '@imagedoc/core'
import type { Id } from '../records/id.ts'
import type { EventId } from './event-id.ts'

/** So long an event is kept for whoever comes back after a dropped connection. */
export const KEPT_MS = 10 * 60_000

export interface LoggedEvent {
  readonly id: EventId
  /** Its `seq` is that of its id. */
  readonly event: RunEvent
}

/** A run as its events up to, and with, `id` tell it. */
export interface RunSnapshot {
  readonly id: EventId
  readonly state: RunState
}

/**
 * The latest events of each run, and the state that all of them make. Losing it loses no run: who follows one then waits for its next event, or is
 * told how it ended by its row. One log serves every process that shares it. No call may take long: what cannot be reached fails.
 */
export interface RunEventLog extends AsyncDisposable {
  /**
   * Adds events in the order of their ids, without gaps among them, and the state after the last one; all or nothing. False, and nothing added, when
   * there is one already that is not before the first of them: another process has written for this run. @throws STORE_UNAVAILABLE
   */
  append(runId: Id, batch: { readonly entries: readonly LoggedEvent[]; readonly state: RunState }): Promise<boolean>
  /**
   * The first events after an id that are kept, of the undefined one from the start, in order. Whether there were others before them that are not kept
   * is seen by their ids. @throws STORE_UNAVAILABLE
   */
  read(runId: Id, from: { readonly after: EventId | undefined; readonly limit: number }): Promise<readonly LoggedEvent[]>
  /**
   * The state after the last event that was appended, with that one's id: kept for 10 minutes longer than the run's last event, and for a run that has
   * not ended for a day. @throws STORE_UNAVAILABLE
   */
  latest(runId: Id): Promise<RunSnapshot | undefined>
}
