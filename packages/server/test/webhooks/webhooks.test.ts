import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import type { Run } from '../../src/records/run.ts'
import { createWebhooks } from '../../src/webhooks/create-webhooks.ts'
import { deliverWebhooks } from '../../src/webhooks/deliver-webhooks.ts'
import type { Webhooks } from '../../src/webhooks/webhooks.ts'
import { addRun } from '../support/archive.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'
import { openReceiver, type Receiver, status } from './receiver.ts'

const SECRET = 'a secret of thirty-two letters, or more'
const never = new AbortController().signal
const start = new Date('2026-11-25T12:00:00Z').getTime()

let server: TestServer
let receiver: Receiver
let clock: number
let logged: Record<string, unknown>[]
beforeEach(async () => {
  clock = start
  logged = []
  server = await openTestServer({ inconsistent: 'runs that have ended, of documents that are nowhere' })
  receiver = await openReceiver()
})
afterEach(async () => {
  await receiver[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const now = (): Date => new Date(clock)
const log = { info: () => undefined, error: () => undefined, warn: (facts: Record<string, unknown>) => void logged.push(facts) }
const open = (webhookHosts = [receiver.origin]): Webhooks =>
  createWebhooks({ tables: server.services.tables, now, log, settings: { webhookHosts, webhookSecret: SECRET } })
const due = (change: Partial<Run> = {}, path = '/hook'): Promise<Run> =>
  addEndedRun({ webhook: { url: `${receiver.origin}${path}`, state: 'pending', attempts: 0, next_at: now() }, ...change })
/** With ids of things that are nowhere. */
const addEndedRun = (change: Partial<Run>): Promise<Run> =>
  addRun(server.services, {
    ...{ user_id: newId(), collection_id: newId(), document_id: newId() },
    ended_at: new Date('2026-11-25T11:59:59Z'),
    result_version: 1,
    ...change,
  })
const webhookOf = async ({ _id }: Run) => (await server.services.tables.runs.get(_id))?.webhook

/** What the page for receivers shows, as it stands there. */
async function verifyOfTheDocs(): Promise<(secret: string, header: string, body: string) => boolean> {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/webhooks.md'), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).verify
}

describe('the end of a run', () => {
  it('is told once, signed so that the receiver of the docs believes it', async () => {
    const run = await due({ state: 'partial', result_version: 3 })
    clock = Date.now()
    expect(await open().deliverDue(never)).toBeNull()
    const [{ path, headers, body } = expect.fail('nothing came')] = receiver.received
    expect(path).toBe('/hook')
    expect(JSON.parse(body)).toEqual({
      type: 'run.ended',
      run: {
        id: run._id,
        state: 'partial',
        batch_id: null,
        document_id: run.document_id,
        collection_id: run.collection_id,
        result_version: 3,
        error: null,
        ended_at: '2026-11-25T11:59:59.000Z',
      },
      sent_at: now().toISOString(),
    })
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'imagedoc-delivery': run._id })
    const verify = await verifyOfTheDocs()
    const signature = String(headers['imagedoc-signature'])
    expect(verify(SECRET, signature, body)).toBe(true)
    expect(verify(SECRET, signature, body.replace('partial', 'done'))).toBe(false)
    expect(verify(`${SECRET}!`, signature, body)).toBe(false)
    expect(
      verify(
        SECRET,
        signature.replace(/\d+/, (time) => String(Number(time) - 301)),
        body,
      ),
    ).toBe(false)
    expect(await webhookOf(run)).toMatchObject({ state: 'delivered', attempts: 1, next_at: null })
    await open().deliverDue(never)
    expect(receiver.received).toHaveLength(1)
  })

  it('is tried again later where the receiver fails, and no earlier', async () => {
    const run = await due()
    receiver.answers = [status(500), status(503), status(200)]
    expect(await open().deliverDue(never)).toEqual(new Date(start + 5000))
    clock += 4999
    await open().deliverDue(never)
    expect(receiver.received).toHaveLength(1)
    clock += 1
    expect(await open().deliverDue(never)).toEqual(new Date(clock + 30_000))
    clock += 30_000
    await open().deliverDue(never)
    expect(receiver.received.map(({ headers }) => headers['imagedoc-delivery'])).toEqual([run._id, run._id, run._id])
    expect(await webhookOf(run)).toMatchObject({ state: 'delivered', attempts: 3, next_at: null })
    expect(logged).toEqual([
      { run: run._id, attempts: 1, reason: '500', state: 'pending' },
      { run: run._id, attempts: 2, reason: '503', state: 'pending' },
    ])
  })

  it('is given up after seven attempts in about seven hours', async () => {
    const run = await due()
    receiver.answers = [status(500)]
    for (let next: Date | null = now(); next; next = await open().deliverDue(never)) clock = next.getTime()
    expect(receiver.received).toHaveLength(7)
    expect(await webhookOf(run)).toMatchObject({ state: 'failed', attempts: 7, next_at: null })
    expect((clock - start) / 3_600_000).toBeCloseTo(7.2, 1)
  })

  it('is not sent on to where a redirect points', async () => {
    const run = await due()
    receiver.answers = [status(307, { Location: `${receiver.origin}/elsewhere` })]
    await open().deliverDue(never)
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook'])
    expect(await webhookOf(run)).toMatchObject({ state: 'pending', attempts: 1 })
  })

  it('is taken by its status, however long the answer goes on', async () => {
    const run = await due()
    receiver.answers = [
      (response) => {
        response.writeHead(200)
        const more = setInterval(() => response.write('x'.repeat(65_536)), 1)
        response.on('close', () => clearInterval(more))
      },
    ]
    await open().deliverDue(never)
    expect(await webhookOf(run)).toMatchObject({ state: 'delivered', attempts: 1 })
  })

  it('is not sent to a host that the operator has taken off the list since', async () => {
    const run = await due()
    await open(['https://other.example.org']).deliverDue(never)
    expect(receiver.received).toEqual([])
    expect(await webhookOf(run)).toMatchObject({ state: 'pending', attempts: 1 })
  })

  it('is sent by one of two processes that look at the same time', async () => {
    for (let more = 0; more < 20; more++) await due()
    await Promise.all([open().deliverDue(never), open().deliverDue(never)])
    const ids = receiver.received.map(({ headers }) => headers['imagedoc-delivery'])
    expect(new Set(ids).size).toBe(20)
    expect(ids).toHaveLength(20)
  })

  it('is sent again when the process that sent it was stopped before the answer', async () => {
    const run = await due()
    const stop = new AbortController()
    receiver.answers = [() => stop.abort(), status(204)]
    await open().deliverDue(stop.signal)
    expect(await webhookOf(run)).toMatchObject({ state: 'pending', attempts: 1, next_at: new Date(start + 15_000) })
    clock += 14_999
    await open().deliverDue(never)
    expect(receiver.received).toHaveLength(1)
    clock += 1
    await open().deliverDue(never)
    expect(receiver.received).toHaveLength(2)
    expect(await webhookOf(run)).toMatchObject({ state: 'delivered', attempts: 2 })
  })

  it('is given up when every attempt ended with the process', async () => {
    const url = `${receiver.origin}/hook`
    const run = await due({ webhook: { url, state: 'pending', attempts: 7, next_at: now() } })
    expect(await open().deliverDue(never)).toBeNull()
    expect(receiver.received).toEqual([])
    expect(await webhookOf(run)).toMatchObject({ state: 'failed', attempts: 7, next_at: null })
  })

  it('reaches no receiver that is not there, and says why in the log without its address', async () => {
    const run = await due({}, '/hook?key=private')
    await receiver[Symbol.asyncDispose]()
    await open().deliverDue(never)
    expect(logged).toEqual([{ run: run._id, attempts: 1, reason: 'ECONNREFUSED', state: 'pending' }])
  })
})

it('a receiver that does not answer does not keep the others waiting, and is left alone for half a minute', async () => {
  const dead = await openReceiver()
  await dead[Symbol.asyncDispose]()
  const webhooks = open([dead.origin, receiver.origin])
  const pending = { state: 'pending', attempts: 0 } as const
  const lost: Run[] = []
  for (let more = 0; more < 20; more++)
    lost.push(await addEndedRun({ webhook: { url: `${dead.origin}/hook`, ...pending, next_at: new Date(start - 1000) } }))
  const run = await due()
  await webhooks.deliverDue(never)
  expect(receiver.received.map(({ headers }) => headers['imagedoc-delivery'])).toEqual([run._id])
  const states = await Promise.all(lost.map(webhookOf))
  expect(states.filter((webhook) => webhook?.attempts === 1)).toHaveLength(8)
  expect(states.filter((webhook) => webhook?.attempts === 0).map((webhook) => webhook?.next_at)).toEqual(
    Array.from({ length: 12 }, () => new Date(start + 30_000)),
  )
})

describe('the loop', () => {
  it('sends at once what becomes due after a call of wake, and stops while nothing is due', async () => {
    const webhooks = open()
    const came = Promise.withResolvers<void>()
    receiver.answers = [
      (response) => {
        status(204)(response)
        came.resolve()
      },
    ]
    await using _loop = deliverWebhooks({ webhooks, now, log })
    await due()
    webhooks.wake()
    await came.promise
  })

  it('goes on with what was due before a restart', async () => {
    const run = await due()
    const came = Promise.withResolvers<void>()
    receiver.answers = [(response) => came.resolve(void status(204)(response))]
    {
      await using _loop = deliverWebhooks({ webhooks: open(), now, log })
      await came.promise
      await expect.poll(() => webhookOf(run)).toMatchObject({ state: 'delivered' })
    }
  })
})
