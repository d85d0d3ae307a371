import { initialRunState, type RunEvent } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import type { EventId } from '../../src/run-events/event-id.ts'
import type { LoggedEvent, RunEventLog } from '../../src/run-events/run-event-log.ts'

/** An event that tells its number. */
export function entry(attempt: number, seq: number): LoggedEvent {
  const at = new Date(0).toISOString()
  const event: RunEvent = { schemaVersion: 2, seq, at, type: 'pages-known', step: 'pages', pages: seq }
  return { id: { attempt, seq }, event }
}

/** From and with `first` to and with `last`, and the state after them. */
export function batch(attempt: number, first: number, last = first) {
  const entries = Array.from({ length: last - first + 1 }, (_, index) => entry(attempt, first + index))
  return { entries, state: { ...initialRunState, seq: last } }
}

export const idsOf = (entries: readonly { id: EventId }[]): string[] => entries.map(({ id }) => `${id.attempt}-${id.seq}`)

/** What every log of run events does. */
export function describeRunEventLogContract(name: string, create: () => Promise<RunEventLog>): void {
  describe(name, () => {
    let log: RunEventLog
    const run = newId()
    beforeEach(async () => {
      log = await create()
    })
    afterEach(() => log[Symbol.asyncDispose]())

    it('gives the events of a run in their order, from the start or after one of them, as many as are asked for', async () => {
      await log.append(run, batch(1, 1, 3))
      await log.append(run, batch(1, 4, 12))
      expect((await log.read(run, { after: undefined, limit: 100 })).map(({ event }) => event.seq)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
      ])
      expect(idsOf(await log.read(run, { after: { attempt: 1, seq: 2 }, limit: 3 }))).toEqual(['1-3', '1-4', '1-5'])
      expect(idsOf(await log.read(run, { after: { attempt: 1, seq: 12 }, limit: 3 }))).toEqual([])
      expect(await log.read(run, { after: undefined, limit: 1 })).toEqual([entry(1, 1)])
    })

    it('orders attempts before numbers, and takes an id that it does not have as a place', async () => {
      await log.append(run, batch(1, 1, 11))
      await log.append(run, batch(2, 1, 2))
      expect(idsOf(await log.read(run, { after: { attempt: 1, seq: 9 }, limit: 100 }))).toEqual(['1-10', '1-11', '2-1', '2-2'])
      expect(idsOf(await log.read(run, { after: { attempt: 1, seq: 99 }, limit: 100 }))).toEqual(['2-1', '2-2'])
      expect(idsOf(await log.read(run, { after: { attempt: 0, seq: 1 }, limit: 1 }))).toEqual(['1-1'])
    })

    it('refuses a batch that begins at or before the last event, and adds nothing of it', async () => {
      expect(await log.append(run, batch(2, 1, 3))).toBe(true)
      expect(await log.append(run, batch(2, 3, 5))).toBe(false)
      expect(await log.append(run, batch(1, 9))).toBe(false)
      expect(await log.append(run, batch(2, 4))).toBe(true)
      expect(idsOf(await log.read(run, { after: undefined, limit: 100 }))).toEqual(['2-1', '2-2', '2-3', '2-4'])
    })

    it('of two that write at once one is refused', async () => {
      const outcomes = await Promise.all([log.append(run, batch(1, 1, 2)), log.append(run, batch(1, 1, 3))])
      expect(outcomes.toSorted()).toEqual([false, true])
    })

    it('knows the state after the last event, of each run its own', async () => {
      const other = newId()
      await log.append(run, batch(1, 1, 3))
      await log.append(other, batch(4, 1, 2))
      await log.append(run, batch(1, 4, 5))
      expect(await log.latest(run)).toEqual({ id: { attempt: 1, seq: 5 }, state: { ...initialRunState, seq: 5 } })
      expect(await log.latest(other)).toMatchObject({ id: { attempt: 4, seq: 2 } })
      expect(idsOf(await log.read(other, { after: undefined, limit: 100 }))).toEqual(['4-1', '4-2'])
    })

    it('knows nothing of a run without events', async () => {
      expect(await log.latest(newId())).toBeUndefined()
      expect(await log.read(newId(), { after: undefined, limit: 10 })).toEqual([])
    })
  })
}
