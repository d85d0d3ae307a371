import { ImageDocError } from '@imagedoc/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../src/index.ts'
import { refuse, startTestServer, type TestServer } from './support/test-server.ts'

const id = '0123456789abcdef01234567'
let server: TestServer
let client: Client
beforeEach(async () => {
  server = await startTestServer()
  client = createClient({ url: server.url, token: 'ids_1' })
})
afterEach(() => server[Symbol.asyncDispose]())

describe('a call', () => {
  it('reaches the procedure at its path and sends the token', async () => {
    expect(await client.collections.get({ id })).toEqual({ id })
    expect(await client.collections.members.list({ id })).toEqual([id])
    expect(await client.stats()).toEqual({ users: 1 })
    expect(server.requests.every(({ authorization }) => authorization === 'Bearer ids_1')).toBe(true)
  })

  it('asks a token function before every request', async () => {
    const tokens = ['ids_2', 'ids_3']
    const renewing = createClient({ url: `${server.url}/`, token: async () => tokens.shift() })
    await renewing.stats()
    await renewing.stats()
    await renewing.stats()
    expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer ids_2', 'Bearer ids_3', undefined])
  })

  it('travels with others made at once, ten in a request', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => String(index).padStart(24, '0'))
    const answers = await Promise.all(ids.map((one) => client.collections.get({ id: one })))
    expect(answers.map((answer) => answer.id)).toEqual(ids)
    expect(server.requests).toHaveLength(3)
  })

  it('is posted when its input is too long for an address', async () => {
    const steps = Array.from({ length: 2000 }, () => ({ use: 'image.grayscale' }))
    const { problems } = await client.pipelines.validate({ definition: { version: 1, steps } })
    expect(problems[0]).toMatchObject({ steps: { length: 2000 } })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST'])
  })

  it('takes a pipeline builder for a definition', async () => {
    const definition = client.pipeline('grey').step('image.grayscale')
    expect((await client.pipelines.validate({ definition })).problems).toEqual([
      { version: 1, name: 'grey', steps: [{ use: 'image.grayscale' }] },
    ])
  })

  it('ends with CANCELLED when it is aborted', async () => {
    const controller = new AbortController()
    server.intercept = () => {
      controller.abort()
      return true
    }
    await expect(client.stats(undefined, { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED', retryable: false })
  })

  it('is not made by awaiting the client or a part of it', async () => {
    expect(await client).toBe(client)
    expect(await client.collections).toBeTypeOf('function')
    expect(server.requests).toEqual([])
  })
})

describe('a failure', () => {
  const once = (): Client => createClient({ url: server.url, retries: 0 })

  it('is the error that the server threw, with its path and details', async () => {
    server.failures.push(new ImageDocError('STALE_REVISION', 'Read it again.', { path: 'revision', details: { revision: 4 } }))
    const error = await client.collections.get({ id }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ImageDocError)
    expect(error).toMatchObject({ code: 'STALE_REVISION', message: 'Read it again.', path: 'revision', details: { revision: 4 } })
  })

  it('leaves the other calls of its request alone', async () => {
    server.failures.push(new ImageDocError('NOT_FOUND', 'There is none.'))
    const settled = await Promise.allSettled([client.collections.get({ id }), client.stats()])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('is the error of a route in front of the procedures', async () => {
    server.intercept = (_, response) => refuse(response, 401, new ImageDocError('UNAUTHENTICATED', 'Log in.'))
    await expect(client.stats()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Log in.' })
  })

  it('of a server that does not answer is SERVER_UNREACHABLE, and says why', async () => {
    const { url } = server
    await server[Symbol.asyncDispose]()
    await expect(createClient({ url, retries: 0 }).stats()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    })
    server = await startTestServer()
  })

  it('of a proxy is told by its status', async () => {
    server.intercept = (_, response) => Boolean(response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>'))
    await expect(once().stats()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', retryable: true, details: { status: 502 } })
  })

  it('of a page that is no ImageDoc server is an error, not a value', async () => {
    server.intercept = (_, response) => Boolean(response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome</h1>'))
    await expect(once().stats()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  })

  it('keeps an unknown code of a newer server in its message', async () => {
    server.intercept = (_, response) =>
      Boolean(response.writeHead(409).end(JSON.stringify({ error: { code: 'NEW_CODE', message: 'Something new.', retryable: false } })))
    await expect(client.stats()).rejects.toMatchObject({ code: 'INTERNAL', message: 'NEW_CODE: Something new.', retryable: false })
  })

  it('of the address is INVALID_CONFIG', () => {
    expect(() => createClient({ url: 'archive.example.org' })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })
})

describe('after a failure that passes', () => {
  it('a question is asked again', async () => {
    server.lostAnswers = 2
    expect(await client.collections.get({ id })).toEqual({ id })
    expect(server.requests).toHaveLength(3)
  })

  it('a create whose answer was lost makes no second row', async () => {
    server.lostAnswers = 1
    expect(await client.collections.create({ title: 'Letters' })).toMatchObject({ id: '1', title: 'Letters' })
    expect(server.requests).toHaveLength(2)
    expect(server.done).toHaveLength(1)
  })

  it('two creates of the same are two', async () => {
    await client.collections.create({ title: 'Letters' })
    await client.collections.create({ title: 'Letters' })
    expect(server.done).toHaveLength(2)
  })

  it('a key that was given is used', async () => {
    await client.collections.create({ title: 'Letters', idempotencyKey: 'import-0001' })
    expect(server.done[0]?.input['idempotencyKey']).toBe('import-0001')
  })

  it('a change without a key is not made again: it may have been carried out', async () => {
    server.lostAnswers = 1
    await expect(client.collections.update({ id, revision: 1, title: 'Maps' })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    expect(server.done).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
  })

  it('whatever was refused for its rate is sent again when the server said', async () => {
    let refusals = 1
    server.intercept = (_, response) =>
      refusals-- > 0 && refuse(response, 429, new ImageDocError('RATE_LIMITED', 'Slowly.', { details: { retryAfterSeconds: 0.5 } }))
    const started = performance.now()
    expect(await client.collections.update({ id, revision: 1, title: 'Maps' })).toMatchObject({ title: 'Maps' })
    expect(performance.now() - started).toBeGreaterThanOrEqual(499)
    expect(server.done).toHaveLength(1)
  })

  it('who has to wait long is told so at once', async () => {
    server.intercept = (_, response) =>
      refuse(response, 429, new ImageDocError('RATE_LIMITED', 'Come back in 15 minutes.', { details: { retryAfterSeconds: 900 } }))
    await expect(client.auth.login({ username: 'ana', password: 'wrong' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 900 },
    })
    expect(server.requests).toHaveLength(1)
  })

  it('it is given up after the retries that were asked for', async () => {
    server.lostAnswers = 10
    await expect(createClient({ url: server.url, retries: 1 }).collections.get({ id })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    })
    expect(server.requests).toHaveLength(2)
  })
})
