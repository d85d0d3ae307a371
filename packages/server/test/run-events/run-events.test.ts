import type { EventBus } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { changeRow } from '../../src/records/change-row.ts'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import type { RunEventLog } from '../../src/run-events/run-event-log.ts'
import { addRun } from '../support/archive.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'
import {
  collect,
  ended,
  event,
  forever,
  idsOf,
  type Opened,
  openRunEvents,
  page,
  pageDone,
  progress,
  publishRun,
  started,
  stateAfter,
} from './support.ts'

const MINUTE = 60_000

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ inconsistent: 'runs of documents that are not there: only their events count' })
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (options: Parameters<typeof openRunEvents>[1] = {}): Opened => openRunEvents(server.services, options)
const aRun = (row: Partial<Run> = {}): Promise<Run> =>
  addRun(server.services, { user_id: newId(), collection_id: newId(), state: 'running', ended_at: null, ...row })

it('an event that cannot be written is left out with a warning, and the others are told', async () => {
  const { runEvents, warnings } = open()
  const { _id } = await aRun()
  const details: Record<string, unknown> = {}
  details['details'] = details
  await runEvents.publish(_id, { attempt: 1, event: started })
  const diagnostic = { severity: 'warning', code: 'odd', message: 'Odd.', details } as never
  await runEvents.publish(_id, { attempt: 1, event: event({ type: 'diagnostic', step: 'read', page: page(0), diagnostic }) })
  await runEvents.publish(_id, { attempt: 1, event: ended })
  expect(warnings).toHaveLength(1)
  expect(idsOf(await collect(runEvents.follow(_id, { signal: forever })))).toEqual(['1-1', '1-2'])
})

describe('after the log was lost', () => {
  it('a run that has ended is told by its row', async () => {
    const { runEvents } = open()
    const step = {
      id: 'read',
      use: 'ocr.recognize',
      key: '',
      cache: 'mixed' as const,
      pages: { hit: 1, miss: 2, skipped: 0, failed: 0 },
      ms: 9,
      saved_ms: 4,
      diagnostics: [],
    }
    const error = { code: 'OPERATION_FAILED' as const, message: 'No.', retryable: false }
    const { _id } = await aRun({ state: 'failed', attempt: 3, steps: [step], error, ended_at: new Date(Date.now() - MINUTE) })
    const all = await collect(runEvents.follow(_id, { signal: forever, lastEventId: '2-9' }))
    expect(all).toMatchObject([
      { message: { type: 'snapshot', attempt: 3, state: { status: 'failed', error, steps: [{ id: 'read', total: 3, savedMs: 4 }] } } },
    ])
  })

  it('one that is queued is waited for', async () => {
    const { runEvents } = open()
    const { _id } = await aRun({ state: 'queued' })
    const all = collect(runEvents.follow(_id, { signal: forever, lastEventId: '1-9' }))
    await publishRun(runEvents, _id, { count: 1, attempt: 2 })
    expect(idsOf(await all)).toEqual(['2-1', '2-2', '2-3'])
  })

  it('one that goes on is told from its next event on by the state', async () => {
    const { log, runEvents } = open()
    const { _id } = await aRun()
    await publishRun(runEvents, _id, { count: 2, end: false })
    const cut: RunEventLog = { ...log, read: async (id, from) => (await log.read(id, from)).filter((entry) => entry.id.seq > 4) }
    const all = collect(open({ log: cut }).runEvents.follow(_id, { signal: forever }))
    await runEvents.publish(_id, { attempt: 1, event: ended })
    expect(stateAfter(await all)).toMatchObject({ status: 'done', seq: 5 })
  })

  it('one that is gone is not found', async () => {
    await expect(collect(open().runEvents.follow(newId(), { signal: forever }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('every 10 seconds', () => {
  const fake = async (work: () => Promise<void>): Promise<void> => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await work()
    } finally {
      vi.useRealTimers()
    }
  }
  const pass = async ({ clock }: Opened, ms: number): Promise<void> => {
    clock.ms += ms
    await vi.advanceTimersByTimeAsync(ms)
    await new Promise((done) => setImmediate(done))
  }
  const deaf = (): EventBus => ({ ...createLocalEventBus(), publish: async () => {} })

  it('events of which no message came are found all the same', () =>
    fake(async () => {
      const opened = open({ events: deaf() })
      const { _id } = await aRun()
      const got: string[] = []
      const all = (async () => {
        for await (const { id } of opened.runEvents.follow(_id, { signal: forever })) got.push(id)
      })()
      await new Promise((done) => setImmediate(done))
      await publishRun(opened.runEvents, _id, { count: 1 })
      await pass(opened, 9000)
      expect(got).toEqual([])
      await pass(opened, 1001)
      await all
      expect(got).toEqual(['1-1', '1-2', '1-3'])
    }))

  it('it is asked whether she may still see the run, also while events keep coming', () =>
    fake(async () => {
      const opened = open()
      const { _id } = await aRun()
      let asked = 0
      const check = async (): Promise<void> => {
        asked++
        if (asked === 2) throw new Error('removed')
      }
      const all = collect(opened.runEvents.follow(_id, { signal: forever, check }))
      all.catch(() => undefined)
      await new Promise((done) => setImmediate(done))
      expect(asked).toBe(0)
      await pass(opened, 10_001)
      expect(asked).toBe(1)
      for (let seconds = 0; seconds < 11; seconds++) {
        await opened.runEvents.publish(_id, { attempt: 1, event: seconds === 0 ? started : pageDone(seconds) })
        await pass(opened, 1000)
      }
      await expect(all).rejects.toThrow('removed')
    }))

  it('the row of a run is looked at: its end is told although its last event never came', () =>
    fake(async () => {
      const opened = open()
      const row = await aRun()
      const all = collect(opened.runEvents.follow(row._id, { signal: forever }))
      await publishRun(opened.runEvents, row._id, { count: 1, end: false })
      await pass(opened, 1000)
      await changeRow(server.services.tables.runs, row._id, () => ({ state: 'failed' as const, ended_at: new Date(opened.clock.ms) }))
      await pass(opened, 10_001)
      await pass(opened, 10_001)
      expect((await all).at(-1)).toMatchObject({ id: '1-0', message: { type: 'snapshot', state: { status: 'failed' } } })
    }))
})

describe('what is published', () => {
  it('of a page’s progress is its first, then the newest four times a second, and none after the page is done', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { log, runEvents } = open()
      const { _id } = await aRun()
      const publish = (one: ReturnType<typeof event>) => runEvents.publish(_id, { attempt: 1, event: one })
      await publish(started)
      for (let done = 0; done < 100; done++) {
        await publish(progress(0, done / 100))
        if (done % 10 === 0) await publish(progress(1, done / 100))
        await vi.advanceTimersByTimeAsync(10)
      }
      await publish(progress(0, 0.995))
      await publish(pageDone(0))
      await vi.advanceTimersByTimeAsync(1000)
      const events = (await log.read(_id, { after: undefined, limit: 100 })).map(({ event: one }) => one)
      const told = (index: number) => events.flatMap((one) => (one.type === 'step-progress' && one.page.page === index ? [one.done] : []))
      expect(told(0)).toEqual([0, 0.24, 0.49, 0.74, 0.99])
      expect(told(1)).toEqual([0, 0.2, 0.4, 0.7, 0.9])
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    } finally {
      vi.useRealTimers()
    }
  })

  it('of diagnostics are a hundred, and of each no more than a page of text', async () => {
    const { log, runEvents } = open()
    const { _id } = await aRun()
    const diagnostic = { code: 'X', severity: 'warning' as const, message: 'm'.repeat(100_000), details: { long: 'd'.repeat(100_000) } }
    await runEvents.publish(_id, { attempt: 1, event: started })
    for (let count = 0; count < 150; count++)
      void runEvents.publish(_id, { attempt: 1, event: event({ type: 'diagnostic', diagnostic, step: 'read', page: page(0) }) })
    await runEvents.publish(_id, { attempt: 1, event: ended })
    const events = await log.read(_id, { after: undefined, limit: 1000 })
    expect(events).toHaveLength(102)
    expect(JSON.stringify(events[1]).length).toBeLessThan(3000)
    expect((await log.latest(_id))?.state.diagnostics).toHaveLength(100)
  })
})
