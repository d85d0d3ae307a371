import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import type { Followed } from '../../src/run-events/follow.ts'
import type { RunEventLog } from '../../src/run-events/run-event-log.ts'
import { addRun } from '../support/archive.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'
import { collect, ended, forever, idsOf, type Opened, openRunEvents, pageDone, publishRun, started, stateAfter } from './support.ts'

const MINUTE = 60_000

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ inconsistent: 'runs of documents that are not there: only their events count' })
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (options: Parameters<typeof openRunEvents>[1] = {}): Opened => openRunEvents(server.services, options)
const aRun = (row: Partial<Run> = {}): Promise<Run> =>
  addRun(server.services, { user_id: newId(), collection_id: newId(), state: 'running', ended_at: null, ...row })

describe('who follows a run', () => {
  let run: string
  beforeEach(async () => {
    run = (await aRun())._id
  })

  it('gets every event from the start, in order and with numbers without gaps, and the end of the stream with the end of the run', async () => {
    const { runEvents } = open()
    const early = collect(runEvents.follow(run, { signal: forever }))
    await publishRun(runEvents, run)
    const all = await early
    expect(idsOf(all)).toEqual(['1-1', '1-2', '1-3', '1-4', '1-5'])
    expect(all.map(({ message }) => message.type)).toEqual(['run-started', 'page-done', 'page-done', 'page-done', 'run-ended'])
    expect(all.map(({ message }) => 'seq' in message && message.seq)).toEqual([1, 2, 3, 4, 5])
    expect(await collect(runEvents.follow(run, { signal: forever }))).toEqual(all)
  })

  it('gets each once and in order, wherever her connections break and whenever the events come', async () => {
    const { runEvents } = open()
    const schedule = fc.record({
      breaks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
      pauses: fc.infiniteStream(fc.nat(3)),
    })
    await fc.assert(
      fc.asyncProperty(schedule, fc.integer({ min: 1, max: 40 }), async ({ breaks, pauses }, count) => {
        const id = (await aRun())._id
        const publishing = (async () => {
          await runEvents.publish(id, { attempt: 1, event: started })
          for (let index = 0; index < count; index++) {
            void runEvents.publish(id, { attempt: 1, event: pageDone(index) })
            for (let turns = pauses.next().value ?? 0; turns > 0; turns--) await new Promise((done) => setImmediate(done))
          }
          await runEvents.publish(id, { attempt: 1, event: ended })
        })()
        const got: Followed[] = []
        for (const limit of [...breaks, Number.POSITIVE_INFINITY]) {
          const lastEventId = got.at(-1)?.id
          got.push(...(await collect(runEvents.follow(id, { signal: forever, ...(lastEventId ? { lastEventId } : {}) }), limit)))
        }
        await publishing
        expect(idsOf(got)).toEqual(Array.from({ length: count + 2 }, (_, index) => `1-${index + 1}`))
      }),
      { seed: 20_261_125, numRuns: 60 },
    )
  })

  it('is told the state first when she goes on from an id that no event of this run had', async () => {
    const { runEvents } = open()
    await publishRun(runEvents, run, { end: false })
    const going = collect(runEvents.follow(run, { lastEventId: '7-500', signal: forever }), 2)
    await runEvents.publish(run, { attempt: 1, event: ended })
    expect((await going).map(({ message }) => message.type)).toEqual(['snapshot', 'run-ended'])
    const over = await collect(runEvents.follow(run, { lastEventId: '7-500', signal: forever }))
    expect(over).toMatchObject([{ id: '1-6', message: { type: 'snapshot', state: { status: 'done' } } }])
  })

  it('goes on within 10 minutes with the events that she missed, later with one snapshot of the state that they made', async () => {
    const { runEvents, clock } = open()
    await publishRun(runEvents, run, { end: false })
    clock.ms += 9 * MINUTE
    await runEvents.publish(run, { attempt: 1, event: pageDone(3) })
    expect(idsOf(await collect(runEvents.follow(run, { signal: forever, lastEventId: '1-2' }), 4))).toEqual(['1-3', '1-4', '1-5', '1-6'])
    clock.ms += 2 * MINUTE
    const late = runEvents.follow(run, { signal: forever, lastEventId: '1-2' })
    const first = await late[Symbol.asyncIterator]().next()
    expect(first.value).toMatchObject({
      id: '1-6',
      message: { type: 'snapshot', attempt: 1, state: { seq: 6, steps: [{ total: 3, pages: { miss: 4 } }] } },
    })
    const rest = collect(late)
    await runEvents.publish(run, { attempt: 1, event: pageDone(4) })
    await runEvents.publish(run, { attempt: 1, event: ended })
    const all = [first.value as Followed, ...(await rest)]
    expect(all.map(({ id, message }) => `${id} ${message.type}`)).toEqual(['1-6 snapshot', '1-7 page-done', '1-8 run-ended'])
    expect(stateAfter(all)).toMatchObject({ status: 'done', seq: 8, steps: [{ pages: { miss: 5 }, ms: 10 }] })
  })

  it('gets a snapshot at first when the beginning is no longer kept, and from there every event', async () => {
    const { runEvents } = open({ maxEvents: 4 })
    await publishRun(runEvents, run, { count: 10, end: false })
    const stream = runEvents.follow(run, { signal: forever })
    const first = (await stream[Symbol.asyncIterator]().next()).value as Followed
    await runEvents.publish(run, { attempt: 1, event: ended })
    const all = [first, ...(await collect(stream))]
    expect(all.map(({ id, message }) => `${id} ${message.type}`)).toEqual(['1-12 snapshot', '1-13 run-ended'])
    expect(stateAfter(all)).toMatchObject({ status: 'done', steps: [{ total: 10, pages: { miss: 10 } }] })
  })

  it('who is slow is left behind and gets the state, instead of having everything kept for her', async () => {
    const { runEvents } = open({ maxEvents: 5 })
    await publishRun(runEvents, run, { count: 2, end: false })
    const stream = runEvents.follow(run, { signal: forever })[Symbol.asyncIterator]()
    const got = [(await stream.next()).value as Followed]
    for (let index = 2; index < 600; index++) await runEvents.publish(run, { attempt: 1, event: pageDone(index) })
    await runEvents.publish(run, { attempt: 1, event: ended })
    for (let next = await stream.next(); !next.done; next = await stream.next()) got.push(next.value)
    expect(got.length).toBeLessThan(300)
    expect(got.filter(({ message }) => message.type === 'snapshot')).toHaveLength(1)
    expect(stateAfter(got)).toMatchObject({ status: 'done', seq: 603, steps: [{ pages: { miss: 600 } }] })
  })

  it('sees a later attempt start the run anew, and nothing more of the earlier one', async () => {
    const { runEvents } = open()
    const all = collect(runEvents.follow(run, { signal: forever }))
    await publishRun(runEvents, run, { count: 3, end: false })
    await runEvents.publish(run, { attempt: 2, event: started })
    await runEvents.publish(run, { attempt: 1, event: pageDone(9) })
    await runEvents.publish(run, { attempt: 1, event: ended })
    await runEvents.publish(run, { attempt: 2, event: pageDone(0) })
    await runEvents.publish(run, { attempt: 2, event: ended })
    expect(idsOf(await all)).toEqual(['1-1', '1-2', '1-3', '1-4', '1-5', '2-1', '2-2', '2-3'])
    expect(stateAfter(await all)).toMatchObject({ status: 'done', seq: 3, steps: [{ total: undefined, pages: { miss: 1 } }] })
    expect(idsOf(await collect(runEvents.follow(run, { signal: forever, lastEventId: '1-4' })))).toEqual(['1-5', '2-1', '2-2', '2-3'])
  })

  it('is told the end by another process than the one that has worked on the run', async () => {
    const { log, runEvents } = open()
    const other = open({ log }).runEvents
    await publishRun(runEvents, run, { count: 1, end: false })
    await other.publishEnd(
      await aRun({ _id: newId(), attempt: 1, state: 'done' }).then((row) => ({ ...row, _id: run, state: 'cancelled' })),
    )
    expect((await collect(other.follow(run, { signal: forever }))).map(({ id, message }) => `${id} ${message.type}`)).toEqual([
      '1-1 run-started',
      '1-2 page-done',
      '1-3 pages-known',
      '1-4 run-ended',
    ])
    await runEvents.publish(run, { attempt: 1, event: pageDone(5) })
    expect((await log.latest(run))?.state).toMatchObject({ status: 'cancelled', seq: 4 })
  })

  it('who has seen the end already is told nothing twice', async () => {
    const { runEvents } = open()
    await publishRun(runEvents, run)
    expect(await collect(runEvents.follow(run, { signal: forever, lastEventId: '1-5' }))).toEqual([])
  })

  it('is helped over events that could not be logged by a snapshot, and the run does not notice', async () => {
    const { log } = open()
    let isDown = false
    const append: RunEventLog['append'] = (...batch) => (isDown ? Promise.reject(new Error('down')) : log.append(...batch))
    const { runEvents, warnings } = open({ log: { ...log, append } })
    await publishRun(runEvents, run, { count: 2, end: false })
    isDown = true
    await runEvents.publish(run, { attempt: 1, event: pageDone(2) })
    isDown = false
    await runEvents.publish(run, { attempt: 1, event: pageDone(3) })
    await runEvents.publish(run, { attempt: 1, event: ended })
    expect(warnings).toHaveLength(1)
    const all = await collect(runEvents.follow(run, { signal: forever }))
    expect(all.map(({ message }) => message.type)).toEqual(['run-started', 'page-done', 'page-done', 'pages-known', 'snapshot'])
    expect(stateAfter(all)).toMatchObject({ status: 'done', seq: 7, steps: [{ pages: { miss: 4 } }] })
  })

  it('ends at once when the server stops or her signal aborts, with the reason', async () => {
    const { runEvents } = open()
    const controller = new AbortController()
    const left = collect(runEvents.follow(run, { signal: controller.signal }))
    const stopped = collect(runEvents.follow(run, { signal: forever }))
    controller.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    runEvents.stop()
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    await expect(collect(runEvents.follow(run, { signal: forever }))).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('has 64 streams at once; one that ended counts no more', async () => {
    const { runEvents } = open()
    const caller = { userId: newId(), signal: forever }
    const streams = Array.from({ length: 64 }, () => {
      const controller = new AbortController()
      return { controller, ended: collect(runEvents.follow(run, { caller, signal: controller.signal })).catch(() => undefined) }
    })
    const follow = () => collect(runEvents.follow(run, { caller, signal: AbortSignal.abort(new Error('was let in')) }))
    await expect(follow()).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 5 } })
    await expect(
      collect(runEvents.follow(run, { caller: { ...caller, userId: newId() }, signal: AbortSignal.abort(new Error('was let in')) })),
    ).rejects.toThrow('was let in')
    streams[0]?.controller.abort()
    await streams[0]?.ended
    await expect(follow()).rejects.toThrow('was let in')
    for (const { controller } of streams) controller.abort()
    await Promise.all(streams.map((stream) => stream.ended))
  })
})
