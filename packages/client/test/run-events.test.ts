import type { RunEvent } from '@imagedoc/core'
import { ImageDocError } from '@imagedoc/core/errors'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient, type RunMessage } from '../src/index.ts'
import { type EventConnection, startEventServer } from './support/event-server.ts'

const id = '0123456789abcdef01234567'
const at = new Date(0).toISOString()
const page = { source: null, page: 0, part: [], copy: 0 }
const ended: RunEvent = { schemaVersion: 2, seq: 0, at, type: 'run-ended', status: 'done', ms: 1 }
/** So many events, the last of which ends the run. */
const eventsOf = (count: number): RunEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const seq = index + 1
    return seq === count ? { ...ended, seq } : { schemaVersion: 2, seq, at, type: 'page-done', step: 'Ünïcode', page, ms: seq }
  })
const after = (events: readonly RunEvent[], lastEventId: string | undefined): RunEvent[] =>
  events.filter(({ seq }) => seq > Number(lastEventId?.split('-')[1] ?? 0))

async function collect(messages: AsyncIterable<RunMessage>): Promise<number[]> {
  const all: number[] = []
  for await (const message of messages) if ('seq' in message) all.push(message.seq)
  return all
}

/** Whole numbers below a bound, the same ones every time. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

let server: Awaited<ReturnType<typeof startEventServer>>
const serve = async (handle: (connection: EventConnection, count: number) => void): Promise<string> => {
  let count = 0
  server = await startEventServer((connection) => handle(connection, ++count))
  return server.url
}
afterEach(() => server[Symbol.asyncDispose]())

describe('the events of a run', () => {
  it('come each once and in order, wherever the network cuts', async () => {
    const random = seeded(20_261_125)
    // The shortest pauses before another connection.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    for (let round = 0; round < 12; round++) {
      const events = eventsOf(1 + random(30))
      const places = Array.from({ length: 1 + random(6) }, () => 1 + random(900))
      const url = await serve((connection, connected) => {
        connection.cutAfter(places[connected - 1] ?? Number.POSITIVE_INFINITY)
        connection.open()
        connection.send(...after(events, connection.lastEventId))
        connection.end()
      })
      const got = await collect(createClient({ url, retries: 9 }).attach(id).events())
      expect(got, `cut at ${places}`).toEqual(events.map(({ seq }) => seq))
      await server[Symbol.asyncDispose]()
    }
    vi.restoreAllMocks()
  }, 60_000)

  it('go on with the token of the time, and where they were, when a server stopped', async () => {
    const seen: (string | undefined)[][] = []
    const url = await serve((connection, count) => {
      seen.push([connection.authorization, connection.lastEventId])
      connection.open()
      connection.send(...after(eventsOf(3), connection.lastEventId).slice(0, 1))
      if (count < 3) connection.response.end()
    })
    const tokens = ['ids_1', 'ids_2', 'ids_3']
    expect(
      await collect(
        createClient({ url, token: () => tokens.shift() })
          .attach(id)
          .events(),
      ),
    ).toEqual([1, 2, 3])
    expect(seen).toEqual([
      ['Bearer ids_1', undefined],
      ['Bearer ids_2', '1-1'],
      ['Bearer ids_3', '1-2'],
    ])
  })

  it('are asked for anew on another connection when one says nothing any more', async () => {
    const url = await serve((connection, count) => {
      connection.open({ reconnectAfterInactivityMs: 50 })
      if (count === 1) connection.send(...eventsOf(2).slice(0, 1))
      else connection.send(...after(eventsOf(2), connection.lastEventId))
    })
    expect(await collect(createClient({ url }).attach(id).events())).toEqual([1, 2])
  })

  it('end with the end of the run, or of the stream, and leave no connection behind', async () => {
    const closed: Promise<void>[] = []
    const url = await serve((connection, count) => {
      closed.push(connection.closed)
      connection.open()
      if (count === 1) connection.send(...eventsOf(2))
      else connection.end()
    })
    expect(await collect(createClient({ url }).attach(id).events())).toEqual([1, 2])
    expect(await collect(createClient({ url }).attach(id).events())).toEqual([])
    await Promise.all(closed)
  })

  it('stop when the loop is left or the signal aborts', async () => {
    const closed: Promise<void>[] = []
    const url = await serve((connection) => {
      closed.push(connection.closed)
      connection.open()
      connection.send(...eventsOf(5).slice(0, 2))
    })
    const run = createClient({ url }).attach(id)
    for await (const message of run.events()) {
      expect(message).toMatchObject({ seq: 1 })
      break
    }
    await closed[0]
    const controller = new AbortController()
    const all = (async () => {
      for await (const message of run.events({ signal: controller.signal })) if ('seq' in message && message.seq === 2) controller.abort()
    })()
    await expect(all).rejects.toMatchObject({ code: 'CANCELLED' })
    await closed[1]
  })

  it.each(['UNAUTHENTICATED', 'NOT_FOUND', 'FORBIDDEN'] as const)(
    'end with %s when the server says so, and are not asked for again',
    async (code) => {
      let connections = 0
      const url = await serve((connection, count) => {
        connections = count
        connection.open()
        connection.send(...eventsOf(5).slice(0, 1))
        connection.fail(new ImageDocError(code, 'No.').toJSON())
      })
      await expect(collect(createClient({ url }).attach(id).events())).rejects.toMatchObject({ code, message: 'No.' })
      expect(connections).toBe(1)
    },
  )

  it('fail with SERVER_UNREACHABLE after the retries when no server was ever there, or something else answers', async () => {
    let connections = 0
    const url = await serve(({ response }, count) => {
      connections = count
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome</h1>')
    })
    await expect(collect(createClient({ url, retries: 1 }).attach(id).events())).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    expect(connections).toBe(2)
    await expect(collect(createClient({ url: 'http://127.0.0.1:9', retries: 0 }).attach(id).events())).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    })
  })

  it('begin with a snapshot where the server has no older ones', async () => {
    const state = { status: 'running', seq: 40, steps: [], diagnostics: [] }
    const url = await serve((connection) => {
      connection.open()
      connection.response.write(`data: ${JSON.stringify({ type: 'snapshot', attempt: 2, state })}\nid: 2-40\n\n`)
      connection.send({ ...ended, seq: 41 })
    })
    const all: RunMessage[] = []
    for await (const message of createClient({ url }).attach(id).events()) all.push(message)
    expect(all).toMatchObject([{ type: 'snapshot', attempt: 2, state }, { type: 'run-ended' }])
  })
})
