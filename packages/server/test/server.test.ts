import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServer, type ImageDocServer } from '../src/server.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-start-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = (environment: Record<string, string> = {}): Promise<ImageDocServer> =>
  createServer({
    config: defineConfig({ plugins: [image(), pdf()] }),
    environment: { PORT: '0', IMAGEDOC_DATA: join(folder, 'data'), IMAGEDOC_LOG: 'silent', ...environment },
  })

/** Root may write everywhere; for as long as this takes it is somebody who may not. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('a server', () => {
  it('answers where it says, and no more once it is stopped', async () => {
    const server = await start()
    expect(await (await fetch(`${server.url}/health/ready`)).json()).toMatchObject({ ok: true })
    await server[Symbol.asyncDispose]()
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow()
  })

  it('keeps an idle connection for longer than a proxy in front of it does', async () => {
    await using server = await start()
    const { headers } = await fetch(`${server.url}/health/live`)
    const seconds = Number(/timeout=(\d+)/.exec(headers.get('Keep-Alive') ?? '')?.[1])
    expect(seconds).toBeGreaterThan(60)
  })

  it('is refused a folder that another one has, and gets it when that one has stopped', async () => {
    const first = await start()
    await expect(start()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining('in use by another process') })
    await first[Symbol.asyncDispose]()
    await using second = await start()
    expect((await fetch(`${second.url}/health/live`)).status).toBe(200)
  })

  it('is refused a port that is taken, and then leaves its folder to others', async () => {
    await using first = await start()
    const { port } = new URL(first.url)
    const other = { IMAGEDOC_DATA: join(folder, 'other') }
    await expect(start({ ...other, PORT: port })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: `The server cannot listen on 127.0.0.1, port ${port}: another program listens there. Set HOST and PORT to others.`,
    })
    await using second = await start(other)
    expect((await fetch(`${second.url}/health/live`)).status).toBe(200)
  })

  it.each(['blobs', 'cache', 'uploads'])('says that it cannot make the folder %s, without where it is', async (name) => {
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data', name), 'a file')
    const message = `The folder "${name}" in the data folder cannot be made (EEXIST). Set IMAGEDOC_DATA to another.`
    await expect(start()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message })
  })

  it('is refused a folder that it may not write to', async () => {
    await mkdir(join(folder, 'data'), { mode: 0o555 })
    await chmod(folder, 0o755)
    const message = expect.stringMatching(/"blobs" .*\(EACCES\)/)
    await asNobody(() => expect(start()).rejects.toMatchObject({ code: 'INVALID_CONFIG', message }))
  })

  it('gives a request a minute for its head, and as long as it takes for the rest', async () => {
    await using server = await start()
    let http: Server | undefined
    const listen = (message: unknown): void => {
      http = (message as { server: Server }).server
    }
    subscribe('http.server.request.start', listen)
    await fetch(`${server.url}/health/live`)
    unsubscribe('http.server.request.start', listen)
    expect(http).toMatchObject({ headersTimeout: 60_000, requestTimeout: 0 })
  })

  it('cuts off who does not send the body of a call within half a minute', async () => {
    await using server = await start()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    let closed = false
    socket.on('close', () => {
      closed = true
    })
    const head = 'POST /trpc/auth.login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n'
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      socket.write(`${head}{"username"`)
      await vi.waitUntil(() => vi.getTimerCount() > 0)
      vi.advanceTimersByTime(29_000)
      await new Promise((done) => setImmediate(done))
      expect(closed).toBe(false)
      vi.advanceTimersByTime(1000)
    } finally {
      vi.useRealTimers()
    }
    await vi.waitUntil(() => closed)
  })

  it('stops while a client keeps an unused connection open', async () => {
    const server = await start()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(socket, 'data')
    const closed = once(socket, 'close')
    await server[Symbol.asyncDispose]()
    await closed
  })
})
