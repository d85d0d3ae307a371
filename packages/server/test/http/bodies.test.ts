import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { renderPage } from '@imagedoc/fixtures'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodies } from '../../src/http/bodies.ts'
import type { HttpEnv } from '../../src/http/env.ts'
import { listen } from '../../src/http/listen.ts'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { addUser, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

type Listening = Awaited<ReturnType<typeof listen>>

let server: TestServer
let listening: Listening
let ana: TestUser
beforeAll(async () => {
  server = await openTestServer()
  listening = await listen(server.app.fetch, { host: '127.0.0.1', port: 0 })
  ana = await addUser(server.services)
})
afterAll(async () => {
  await listening[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const portOf = ({ url }: Listening): number => Number(new URL(url).port)

/** A connection on which a request is written by hand, and what came back until it was closed. */
async function open(to: Listening): Promise<{ socket: Socket; said(): string; closed: Promise<unknown> }> {
  const socket = connect(portOf(to), '127.0.0.1')
  let said = ''
  socket.on('data', (data) => {
    said += data.toString()
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await once(socket, 'connect')
  return { socket, said: () => said, closed }
}

const head = (method: string, path: string, headers: Record<string, string | number>): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
const json = { 'Content-Type': 'application/json' }
const bearer = () => ({ Authorization: `Bearer ${ana.token}` })

describe('a body over its limit', () => {
  it.each([
    { name: 'of 17 KiB without a login', path: '/trpc/auth.login', headers: () => ({}), bytes: 17 * 1024, status: 400 },
    { name: 'of 17 KiB for a route that reads none', path: '/documents/x/file', headers: () => ({}), bytes: 17 * 1024, status: 400 },
    {
      name: 'of 17 KiB with a token that is none',
      path: '/trpc/auth.me',
      headers: () => ({ Authorization: 'Bearer ids_none' }),
      bytes: 17 * 1024,
      status: 401,
    },
    { name: 'of 3 MiB by a user', path: '/trpc/pipelines.validate', headers: bearer, bytes: 3 * 2 ** 20, status: 400 },
    {
      name: 'of 300 KiB for a preview',
      path: `/documents/${'a'.repeat(24)}/pages/1/preview`,
      headers: bearer,
      bytes: 300 * 1024,
      status: 400,
    },
  ])('$name is refused, and closes the connection', async ({ path, headers, bytes, status }) => {
    const { socket, said, closed } = await open(listening)
    socket.write(head('POST', path, { ...json, ...headers(), 'Content-Length': bytes }))
    // All but the end, which never comes.
    socket.write(Buffer.alloc(bytes - 1, 0x20))
    await closed
    expect(said()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(said().toLowerCase()).toContain('connection: close')
  })

  it('that says nothing of its length is refused as soon as it is too long', async () => {
    const { socket, said, closed } = await open(listening)
    socket.write(head('POST', '/trpc/auth.login', { ...json, 'Transfer-Encoding': 'chunked' }))
    for (let piece = 0; piece < 5; piece++) socket.write(`1000\r\n${' '.repeat(4096)}\r\n`)
    await closed
    expect(said()).toMatch(/^HTTP\/1.1 400 /)
  })

  it('of 16 KiB without a login is read, and the connection stays', async () => {
    const input = JSON.stringify({ username: 'nobody', password: 'x', more: ' '.repeat(16_000) })
    const { socket, said } = await open(listening)
    socket.write(head('POST', '/trpc/auth.login', { ...json, 'Content-Length': input.length }) + input)
    await expect.poll(said).toMatch(/not known here: more/)
    socket.write(head('GET', '/health/live', {}))
    await expect.poll(said).toMatch(/\{"ok":true\}/)
    expect(said().toLowerCase()).not.toContain('connection: close')
    socket.destroy()
  })
})

describe('a body that does not come', () => {
  /** Routes behind the same bounds, with others' patience. */
  async function patient(caller: boolean): Promise<Listening> {
    const app = new Hono<HttpEnv>()
    app.onError(() => new Response(null, { status: 400 }))
    app.use(async (c, next) => {
      c.set('caller', caller ? ({ userId: 'x' } as never) : null)
      await next()
      if (c.var.closes) c.res.headers.set('Connection', 'close')
    })
    app.use(bodies({ call: { withinMs: 200 }, upload: { everyMs: 400, bytes: 200 } }))
    app.on(['GET', 'POST'], '/slow', async (c) => c.text(c.req.method === 'GET' ? await wait(5000, 'late') : await c.req.text()))
    app.patch('/uploads/1', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)))
    return listen(app.fetch, { host: '127.0.0.1', port: 0 })
  }

  it.each(['GET', 'POST'])('of a %s cuts the connection', async (method) => {
    await using to = await patient(true)
    const { socket, closed } = await open(to)
    const began = performance.now()
    socket.write(head(method, '/slow', { 'Content-Length': 100 }))
    const drip = setInterval(() => socket.write('x'), 20)
    await closed
    clearInterval(drip)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('of an upload may take its time, but not below the least rate', async () => {
    await using to = await patient(true)
    const [fast, slow] = [await open(to), await open(to)]
    for (const { socket } of [fast, slow]) socket.write(head('PATCH', '/uploads/1', { 'Content-Length': 4000 }))
    // 200 bytes in 400 ms are asked for: about 1000 come, and 26.
    const drip = setInterval(() => {
      fast.socket.write('x'.repeat(80))
      slow.socket.write('xx')
    }, 30)
    await slow.closed
    expect(slow.said()).toBe('')
    await expect.poll(fast.said, { timeout: 8000 }).toMatch(/200 OK[\s\S]*4000/)
    clearInterval(drip)
    fast.socket.destroy()
  }, 15_000)

  it('of an upload below the least rate leaves what had arrived, and the upload goes on from there', async () => {
    const app = new Hono<HttpEnv>()
    const caller = { userId: ana.id, signal: new AbortController().signal } as never
    app.use(async (c, next) => {
      c.set('caller', caller)
      await next()
    })
    app.use(bodies({ call: { withinMs: 5000 }, upload: { everyMs: 400, bytes: 200 } }))
    app.route('/', createUploadRoutes(server.services))
    await using to = await listen(app.fetch, { host: '127.0.0.1', port: 0 })
    const bytes = await (await renderPage({ seed: 1, width: 300, height: 400 })).jpeg()
    const tus = { 'Tus-Resumable': '1.0.0' }
    const type = { 'Content-Type': 'application/offset+octet-stream' }
    const created = await fetch(`${to.url}/uploads`, { method: 'POST', headers: { ...tus, 'Upload-Length': String(bytes.length) } })
    const path = created.headers.get('Location') ?? ''
    const { socket, closed } = await open(to)
    socket.write(head('PATCH', path, { ...tus, ...type, 'Upload-Offset': 0, 'Content-Length': bytes.length }))
    socket.write(bytes.subarray(0, 2000))
    let sent = 2000
    const drip = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 100)
    await closed
    clearInterval(drip)
    const asked = () => fetch(`${to.url}${path}`, { method: 'HEAD', headers: tus })
    const offset = Number((await asked()).headers.get('Upload-Offset'))
    expect(offset).toBeGreaterThanOrEqual(2000)
    expect(offset).toBeLessThan(bytes.length)
    const rest = await fetch(`${to.url}${path}`, {
      method: 'PATCH',
      headers: { ...tus, ...type, 'Upload-Offset': String(offset) },
      body: bytes.subarray(offset) as Uint8Array<ArrayBuffer>,
    })
    expect(rest.status).toBe(204)
  }, 15_000)

  it('of an upload without a login has no longer than any other', async () => {
    await using to = await patient(false)
    const { socket, closed } = await open(to)
    socket.write(head('PATCH', '/uploads/1', { 'Content-Length': 4000 }))
    const drip = setInterval(() => socket.write('x'.repeat(80)), 30)
    await closed
    clearInterval(drip)
  })
})
