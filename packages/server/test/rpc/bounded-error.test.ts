import { setImmediate as nextTurn } from 'node:timers/promises'
import { ImageDocError, type Json } from '@imagedoc/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boundedError, cut, fewNames } from '../../src/rpc/bounded-error.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

const names = (count: number, length = 12): string[] =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(length - 1, 'x')}`)
const record = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1]))
const call = (path: string, input: unknown, token: string | undefined = ana.token) =>
  callRpc(server.app, { path, type: 'mutation', input, token })

/** How many of these are in a text. */
const echoed = (text: string, all: readonly string[]): number => all.filter((name) => text.includes(name)).length

describe('an error', () => {
  const keys = names(1000)
  const definition = { version: 1, steps: [{ use: 'image.grayscale' }] }
  it.each<[string, string, unknown]>([
    ['unknown members', 'collections.create', { title: 'x', ...record(keys) }],
    [
      'members that are wrong',
      'documents.create',
      { collection_id: 'x', upload: 'x', metadata: Object.fromEntries(keys.map((key) => [key, () => 1])) },
    ],
    ['inputs that are wrong', 'runs.start', { target: { document_id: 'a'.repeat(24) }, pipeline: { definition }, inputs: record(keys) }],
    [
      'steps of a pipeline that are unknown',
      'pipelines.save',
      { name: 'x', definition: { version: 1, steps: keys.map((use) => ({ use })) } },
    ],
    ['members of a step', 'pipelines.save', { name: 'x', definition: { version: 1, steps: [{ use: 'image.blur', with: record(keys) }] } }],
    [
      'outputs of a pipeline',
      'pipelines.save',
      { name: 'x', definition: { ...definition, outputs: Object.fromEntries(keys.slice(0, 250).map((key) => [key, key])) } },
    ],
    ['a name of 100 KiB', 'collections.create', { title: 'x', [`n${'y'.repeat(100_000)}`]: 1 }],
    ['characters of three bytes', 'collections.create', { title: 'x', ...record(names(500).map((name) => `書書書書書書${name}`)) }],
  ])('over %s echoes at most 20 names, and 2 KiB', async (_, path, input) => {
    const { text, outcome } = await call(path, input)
    expect(outcome).toMatch(/^INVALID_/)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048 + 150)
    expect(echoed(text, keys)).toBeLessThanOrEqual(20)
  })

  it('over what is nested as deep as a body may be says so', async () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${ana.token}` }
    const send = async (path: string, body: string) => (await server.app.request(`/trpc/${path}`, { method: 'POST', headers, body })).status
    const document = `"id":"${'a'.repeat(24)}","revision":0`
    expect(await send('pipelines.validate', `{"definition":${deep(100_000)}}`)).toBe(400)
    expect(await send('documents.update', `{${document},"metadata":{"deep":${deep(30_000)}}}`)).toBe(400)
    expect(await send('documents.update', `{${document},"metadata":{"deep":${deep(90)}}}`)).toBe(404)
    expect(await send('auth.me', deep(100_000))).toBe(400)
  })

  it('without a login, of a batch, and of a procedure that there is not, is as short', async () => {
    const stranger = await call('auth.login', { username: 'x', password: 'y', ...record(names(500)) }, '')
    expect(Buffer.byteLength(stranger.text)).toBeLessThanOrEqual(2200)
    const path = `no.${'such'.repeat(1000)}`
    const { text } = await call(path, {})
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000)
    const response = await server.app.request(`/${'z'.repeat(5000)}`)
    expect((await response.text()).length).toBeLessThanOrEqual(1000)
  })

  it('keeps code, place and what is small, and says how much was left out', () => {
    const small = new ImageDocError('NOT_FOUND', 'There is none.', { path: 'id', details: { limit: 3 } })
    expect(boundedError(small)).toBe(small)
    const problems = names(100).map((path) => ({ path, message: 'is wrong' }))
    const large = boundedError(new ImageDocError('INVALID_REQUEST', 'Many.', { path: 'steps', retryable: true, details: { problems } }))
    expect(large).toMatchObject({ code: 'INVALID_REQUEST', message: 'Many.', path: 'steps', retryable: true })
    const details = large.details as { problems: unknown[]; leftOut: number }
    expect(details.problems).toEqual(problems.slice(0, details.problems.length))
    expect(details.problems.length + details.leftOut).toBe(100)
  })

  it('is bounded whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.jsonValue({ maxDepth: 6, depthSize: 'max' }), (text, details) => {
        const error = boundedError(new ImageDocError('INVALID_REQUEST', text, { path: text, details: { details, text } as Json }))
        expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(500)
        expect(Buffer.byteLength(JSON.stringify(error.details ?? null))).toBeLessThanOrEqual(1100)
      }),
      { numRuns: 300, seed: 20_261_201 },
    )
  })

  it('is cut between characters', () => {
    expect([cut('short', 5), cut('longer', 5), cut('書書', 5), cut('👩‍👩‍👧', 9)]).toEqual(['short', 'lo…', '…', '👩…'])
    expect(fewNames(names(3, 2))).toBe('n0, n1, n2')
    expect(fewNames(names(25, 3))).toMatch(/^n0?x?.*nx?19 and 5 more$|and 5 more$/)
  })
})

describe('what a call costs', () => {
  const steps = (count: number) => ({
    version: 1,
    steps: Array.from({ length: count }, (_, index) => ({ id: `s${index}`, use: 'image.grayscale' })),
  })

  it('counts: a batch of large pipelines is many requests', async () => {
    const counted: number[] = []
    const { rateLimits } = server.services
    const request = rateLimits.request.bind(rateLimits)
    Object.assign(rateLimits, {
      request: (...[caller, address, points = 1]: Parameters<typeof request>) =>
        request(caller, address, counted[counted.push(points) - 1]),
    })
    await call('auth.me', undefined)
    await callRpc(server.app, { path: 'search', type: 'query', input: { text: 'x' }, token: ana.token })
    await call('pipelines.validate', { definition: steps(1000) })
    Object.assign(rateLimits, { request })
    expect(counted.reduce((sum, points) => sum + points, 0)).toBeGreaterThan(60)
    expect(counted.slice(0, 2)).toEqual([1, 10])
  })

  it('leaves others their turn between two of a batch', async () => {
    const body = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [index, { definition: steps(1000) }]))
    const paths = Array.from({ length: 20 }, () => 'pipelines.validate').join(',')
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${ana.token}` }
    let longest = 0
    let done = false
    const began = performance.now()
    const answered = Promise.resolve(
      server.app.request(`/trpc/${paths}?batch=1`, { method: 'POST', headers, body: JSON.stringify(body) }),
    ).then(async (response) => {
      done = true
      return [response.status, ((await response.json()) as unknown[]).length]
    })
    while (!done) {
      const before = performance.now()
      await nextTurn()
      longest = Math.max(longest, performance.now() - before)
    }
    expect(await answered).toEqual([200, 20])
    // Nobody waits for as much as half of them; a busy machine may stand still for one.
    expect(longest).toBeLessThan(Math.max(200, (performance.now() - began) / 2))
  })
})
