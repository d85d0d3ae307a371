import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import type { EventBus } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLocalEventBus } from '../../src/drivers/local-event-bus.ts'
import { changeRow } from '../../src/records/change-row.ts'
import type { Collection } from '../../src/records/collection.ts'
import { newId } from '../../src/records/id.ts'
import { addCollection, addDocument, addRun } from '../support/archive.ts'
import { addUser, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'
import { event, pageDone, publishRun, started } from './support.ts'

let server: TestServer
let http: ServerType
let url: string
let owner: TestUser
let viewer: TestUser
let collection: Collection
let run: string
beforeEach(async () => {
  server = await openTestServer({ drivers: { events: countingBus() } })
  http = createAdaptorServer({ fetch: server.app.fetch })
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  owner = await addUser(server.services)
  viewer = await addUser(server.services)
  collection = await addCollection(server.services, { user_id: owner.id, members: [{ user_id: viewer.id, role: 'viewer' }] })
  const document = await addDocument(server.services, { collection_id: collection._id })
  const common = { user_id: owner.id, collection_id: collection._id, document_id: document._id }
  run = (await addRun(server.services, { ...common, state: 'running', ended_at: null }))._id
})
afterEach(async () => {
  ;(http as unknown as { closeAllConnections(): void }).closeAllConnections()
  await new Promise((closed) => http.close(closed))
  await server[Symbol.asyncDispose]()
})

interface Stream {
  readonly response: Response
  /** Everything that came so far. */
  readonly text: () => string
  /** What came, when the stream has ended; rejects when it broke. */
  readonly all: Promise<string>
  close(): void
}

async function follow(
  user: Pick<TestUser, 'token'>,
  { input = {}, headers = {} }: { input?: object; headers?: Record<string, string> } = {},
): Promise<Stream> {
  const controller = new AbortController()
  const address = `${url}/trpc/runs.events?input=${encodeURIComponent(JSON.stringify({ id: run, ...input }))}`
  const response = await fetch(address, { headers: { Authorization: `Bearer ${user.token}`, ...headers }, signal: controller.signal })
  let text = ''
  const all = (async () => {
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
    return text
  })()
  all.catch(() => undefined)
  return { response, text: () => text, all, close: () => controller.abort() }
}

const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map((match) => match[1] ?? '')
function errorIn(text: string): string | undefined {
  const [, json] = /event: serialized-error\ndata: (.*)\n/.exec(text) ?? []
  return json === undefined ? undefined : (JSON.parse(json) as { data: { error: { code: string } } }).data.error.code
}

describe('runs.events', () => {
  it('sends each event when it happens, in an answer that no proxy keeps back or changes, and says when it is over', async () => {
    const stream = await follow(viewer)
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    await server.services.runEvents.publish(run, { attempt: 1, event: started })
    await vi.waitFor(() => expect(idsIn(stream.text())).toEqual(['1-1']))
    await server.services.runEvents.publish(run, { attempt: 1, event: pageDone(0) })
    await vi.waitFor(() => expect(idsIn(stream.text())).toEqual(['1-1', '1-2']))
    await server.services.runEvents.publish(run, { attempt: 1, event: event({ type: 'run-ended', status: 'done', ms: 1 }) })
    expect(await stream.all).toMatch(/"type":"run-ended".*\nid: 1-3\n\n+event: return\n/)
  })

  it('goes on after an id, from the input or from the header of the standard', async () => {
    await publishRun(server.services.runEvents, run)
    expect(idsIn(await (await follow(viewer, { input: { lastEventId: '1-3' } })).all)).toEqual(['1-4', '1-5'])
    expect(idsIn(await (await follow(viewer, { headers: { 'Last-Event-ID': '1-4' } })).all)).toEqual(['1-5'])
    expect(errorIn(await (await follow(viewer, { input: { lastEventId: '1-x' } })).all)).toBe('INVALID_REQUEST')
  })

  it('takes a token from the header only, never from the address', async () => {
    const input = encodeURIComponent(JSON.stringify({ id: run }))
    const connectionParams = encodeURIComponent(JSON.stringify({ token: owner.token, Authorization: `Bearer ${owner.token}` }))
    for (const query of [`token=${owner.token}`, `Authorization=Bearer%20${owner.token}`, `connectionParams=${connectionParams}`])
      expect(errorIn(await (await fetch(`${url}/trpc/runs.events?input=${input}&${query}`)).text())).toBe('UNAUTHENTICATED')
  })

  it('ends with UNAUTHENTICATED when the token ends', async () => {
    const stream = await follow(viewer)
    await publishRun(server.services.runEvents, run, { end: false })
    await vi.waitFor(() => expect(idsIn(stream.text())).toHaveLength(5))
    const logout = await fetch(`${url}/trpc/auth.logout`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${viewer.token}`, 'Content-Type': 'application/json' },
    })
    expect(logout.status).toBe(200)
    expect(errorIn(await stream.all)).toBe('UNAUTHENTICATED')
  })

  it('ends within 30 s for a member who was removed; the run’s user and the owner go on', async () => {
    const stranger = await addUser(server.services)
    await changeRow(server.services.tables.runs, run, () => ({ user_id: stranger.id }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const [hers, theirs, users] = [await follow(viewer), await follow(owner), await follow(stranger)]
      await changeRow(server.services.tables.collections, collection._id, () => ({ members: [], readers: [owner.id] }))
      for (let second = 0; second < 30 && errorIn(hers.text()) === undefined; second++) {
        await vi.advanceTimersByTimeAsync(1000)
        await new Promise((done) => setImmediate(done))
      }
      expect(errorIn(await hers.all)).toBe('NOT_FOUND')
      await publishRun(server.services.runEvents, run)
      for (const stream of [theirs, users]) expect(idsIn(await stream.all)).toHaveLength(5)
      expect(idsIn(hers.text())).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  it('says something every 5 s, so that no proxy closes what is silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const stream = await follow(viewer)
      await vi.waitFor(() => expect(stream.text()).toContain('"reconnectAfterInactivityMs":15000'))
      await vi.advanceTimersByTimeAsync(5001)
      await vi.waitFor(() => expect(stream.text()).toContain('event: ping\n'))
      stream.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('lets go of a client that has left, at once', async () => {
    const before = topics()
    const streams = await Promise.all(Array.from({ length: 64 }, () => follow(viewer)))
    await vi.waitFor(() => expect(topics()).toBe(before + 64))
    expect(errorIn(await (await follow(viewer)).all)).toBe('RATE_LIMITED')
    for (const stream of streams) stream.close()
    await vi.waitFor(() => expect(topics()).toBe(before))
    await publishRun(server.services.runEvents, run)
    expect(idsIn(await (await follow(viewer)).all)).toHaveLength(5)
  })

  it('that breaks while events come is no fault of the server: the log says nothing', async () => {
    const faults = vi.spyOn(server.services.log, 'error')
    const streams = await Promise.all(Array.from({ length: 8 }, () => follow(viewer)))
    await publishRun(server.services.runEvents, run, { end: false })
    await vi.waitFor(() => expect(streams.every((stream) => idsIn(stream.text()).length > 0)).toBe(true))
    // As a network does it, without a word.
    ;(http as unknown as { closeAllConnections(): void }).closeAllConnections()
    await vi.waitFor(() => expect(topics()).toBe(0))
    expect(faults.mock.calls).toEqual([])
  })

  it('ends without a last word when the server stops, so that the client comes again', async () => {
    const stream = await follow(viewer)
    await vi.waitFor(() => expect(stream.text()).toContain('event: connected'))
    server.services.runEvents.stop()
    const text = await stream.all
    expect(text).not.toContain('event: return')
    expect(errorIn(text)).toBeUndefined()
  })

  it('of a run that is not there, and of one that she may not see, says the same', async () => {
    const stranger = await addUser(server.services)
    const [hidden, none] = [await follow(stranger), await follow(stranger, { input: { id: newId() } })]
    expect(errorIn(await hidden.all)).toBe('NOT_FOUND')
    expect(await hidden.all).toBe(await none.all)
  })
})

const subscriptions = new Map<string, number>()
/** How many listen to the run. */
const topics = (): number => subscriptions.get(`runs:events:${run}`) ?? 0

/** The real bus, and how many listen to what. */
function countingBus(): EventBus {
  const bus = createLocalEventBus()
  const count = (topic: string, by: number): void => void subscriptions.set(topic, (subscriptions.get(topic) ?? 0) + by)
  return {
    ...bus,
    async subscribe(topic, listener) {
      const subscription = await bus.subscribe(topic, listener)
      count(topic, 1)
      return {
        async [Symbol.asyncDispose]() {
          await subscription[Symbol.asyncDispose]()
          count(topic, -1)
        },
      }
    },
  }
}
