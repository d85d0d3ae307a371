import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError } from '@imagedoc/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuthenticator } from '../../src/accounts/authenticator.ts'
import { createTokenSignals } from '../../src/accounts/token-signals.ts'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import { newId } from '../../src/records/id.ts'
import { locks } from '../../src/records/instance.ts'
import { endEventOf } from '../../src/run-events/row-end.ts'
import { claimRun, endRun } from '../../src/runs/claim.ts'
import { createClockJumps } from '../../src/sweep/clock-jumps.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { createWebhooks } from '../../src/webhooks/create-webhooks.ts'
import { collect, forever, openRunEvents, publishRun } from '../run-events/support.ts'
import { type Archive, greyPdf, openArchive, startOver } from '../runs/support.ts'
import { addCollection, addDocument, addRun } from '../support/archive.ts'
import { addUser, openTestServer, type TestServer } from '../support/test-server.ts'
import { openReceiver, status } from '../webhooks/receiver.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const jumps = [HOUR, -HOUR, 40 * DAY, -40 * DAY]
const never = new AbortController().signal

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ inconsistent: 'runs of documents that are nowhere' })
})
afterAll(() => server[Symbol.asyncDispose]())
afterEach(() => void vi.useRealTimers())

const turn = () => new Promise((done) => setImmediate(done))

describe.each(jumps)('when the clock jumps by %i ms', (jump) => {
  it('a stream of events is still asked every 10 s whether it may be seen', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { runEvents, clock } = openRunEvents(server.services)
    const { _id } = await addRun(server.services, { user_id: newId(), collection_id: newId(), state: 'running', ended_at: null })
    let mayView = true
    const check = async (): Promise<void> => {
      if (!mayView) throw new ImageDocError('NOT_FOUND', 'Not any more.')
    }
    const all = collect(runEvents.follow(_id, { signal: forever, check }))
    all.catch(() => undefined)
    await turn()
    clock.ms += jump
    mayView = false
    await vi.advanceTimersByTimeAsync(10_001)
    await expect(all).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await runEvents[Symbol.asyncDispose]()
  })

  it('a stream whose run has ended is told so, by the clock of before or after', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { runEvents, clock } = openRunEvents(server.services)
    const row = await addRun(server.services, { user_id: newId(), collection_id: newId(), state: 'running', ended_at: null })
    const all = collect(runEvents.follow(row._id, { signal: forever }))
    await publishRun(runEvents, row._id, { count: 1, end: false })
    await server.services.tables.runs.replaceIf({ ...row, state: 'cancelled', ended_at: new Date(clock.ms) })
    clock.ms += jump
    for (let look = 0; look < 3; look++) {
      await vi.advanceTimersByTimeAsync(10_001)
      await turn()
    }
    expect((await all).at(-1)).toMatchObject({ message: { type: 'snapshot', state: { status: 'cancelled' } } })
    await runEvents[Symbol.asyncDispose]()
  })

  it('the signal of a token aborts when its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    await using events = createLocalEventBus()
    const { log } = server.services
    await using signals = createTokenSignals({ events, log, now: () => new Date() })
    const token = { _id: 'a', expires_at: new Date(Date.now() + 2 * HOUR) }
    const signal = signals.of(token)
    vi.setSystemTime(Date.now() + jump)
    vi.advanceTimersByTime(HOUR)
    // Another request by the clock of now gives it no more time.
    if (jump < 0) expect(signals.of(token)).toBe(signal)
    vi.advanceTimersByTime(HOUR + 120_000)
    expect(signal.aborted).toBe(true)
  })

  it('a run has no negative duration', async () => {
    const archive: Archive = await openArchive({ pages: 1, runs: false })
    const { services } = archive
    const run = await startOver(archive, greyPdf)
    let time = Date.now()
    const needs = { ...services, now: () => new Date(time) }
    time += jump
    const claim = await claimRun(needs, run._id)
    time += jump
    const error = new ImageDocError('CANCELLED', 'No.').toJSON()
    const ended = (await endRun(needs, claim!.run, { state: 'cancelled', error, steps: [], pages: run.pages, result_version: null }))!
    await claim!.lease[Symbol.asyncDispose]()
    expect(ended.started_at! >= ended.created_at && ended.ended_at! >= ended.started_at!).toBe(true)
    expect(endEventOf(ended)).toMatchObject({ ms: expect.toSatisfy((ms: number) => ms >= 0) })
    expect(endEventOf({ ...ended, started_at: new Date(5000), ended_at: new Date(1000) })).toMatchObject({ ms: 0 })
    await archive[Symbol.asyncDispose]()
  })

  it('a receiver that did not answer, and a webhook that was put off, wait no longer than they may', async () => {
    await using receiver = await openReceiver()
    let time = Date.now()
    const { tables, log } = server.services
    const settings = { webhookHosts: [receiver.origin], webhookSecret: 'x'.repeat(32) }
    const webhooks = createWebhooks({ tables, now: () => new Date(time), log, settings })
    receiver.answers = [(response) => void response.destroy(), status(204), status(204)]
    const webhook = { url: `${receiver.origin}/x`, state: 'pending' as const, attempts: 0, next_at: new Date(time) }
    const of = { user_id: newId(), collection_id: newId(), document_id: newId(), result_version: 1 }
    const { _id } = await addRun(server.services, { ...of, webhook })
    await webhooks.deliverDue(never)
    expect((await tables.runs.get(_id))?.webhook).toMatchObject({ state: 'pending', attempts: 1 })
    time += jump
    await webhooks.deliverDue(never)
    expect((await tables.runs.get(_id))?.webhook).toMatchObject({ state: 'delivered' })
    await tables.runs.delete(_id)
  })

  it('a lock is held by one alone, and not for ever', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await using store = createSqliteMetadataStore({ path: ':memory:' })
    await store.migrate([locks])
    const [here, killed, there] = Array.from({ length: 3 }, () => createTableLock(store.table(locks)))
    await using lease = await here!.acquire('mine', { ttlMs: 5000 })
    await killed!.acquire('left', { ttlMs: 5000 })
    vi.setSystemTime(Date.now() + jump)
    expect(lease).toBeDefined()
    expect(await here!.acquire('mine', { ttlMs: 5000 })).toBeUndefined()
    // As if its process had ended: it says so no more. Six seconds of the clock pass, or it was ahead by far.
    vi.setSystemTime(Date.now() + 6000)
    expect(await there!.acquire('left', { ttlMs: 5000 })).toBeDefined()
    for (const lock of [here, killed, there]) await lock![Symbol.asyncDispose]()
  })

  it('the trash is emptied no sooner, for a day', async () => {
    const clocks = { day: Date.now(), steady: 0 }
    const doubts = createClockJumps({ wall: () => clocks.day, steady: () => clocks.steady })
    const pass = (ms: number): void => {
      clocks.day += ms
      clocks.steady += ms
    }
    pass(3 * DAY)
    expect(doubts.isDoubtful()).toBe(false)
    clocks.day += jump + Math.sign(jump)
    expect(doubts.isDoubtful()).toBe(true)
    pass(23 * HOUR)
    expect(doubts.isDoubtful()).toBe(true)
    pass(2 * HOUR)
    expect(doubts.isDoubtful()).toBe(false)
  })
})

describe('a token', () => {
  it('that has expired is not good again when the clock is set back', async () => {
    const { tables, log } = server.services
    await using events = createLocalEventBus()
    let time = Date.now()
    const now = (): Date => new Date(time)
    await using authenticator = createAuthenticator({ tables, events, log, now })
    const { token } = await addUser(server.services, { tokenEndsAt: new Date(time + 300) })
    await authenticator.authenticate(token)
    time -= 40 * DAY
    await authenticator.authenticate(token)
    await wait(320)
    await expect(authenticator.authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

describe('the sweep', () => {
  let own: TestServer
  beforeEach(async () => {
    own = await openTestServer()
  })
  afterEach(() => own[Symbol.asyncDispose]())

  it('purges nothing because of its age while the clock is in doubt, and does the rest', async () => {
    const { services } = own
    const ana = await addUser(services)
    const { _id: collection_id } = await addCollection(services, { user_id: ana.id })
    const { _id } = await addDocument(services, { collection_id, deleted_at: new Date() })
    const later = { ...services, now: () => new Date(Date.now() + 40 * DAY) }
    const swept = await sweep(later, never, { isDoubtful: () => true })
    expect(swept).toMatchObject({ search: 0, usage: 0 })
    expect(swept).not.toHaveProperty('trash')
    expect(await services.tables.documents.get(_id)).toBeDefined()
    expect(await sweep(later, never, { isDoubtful: () => false })).toMatchObject({ trash: 1 })
  })
})
