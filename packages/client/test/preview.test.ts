import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../src/index.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let client: Client
beforeEach(async () => {
  server = await startTestServer()
  client = createClient({ url: server.url, token: 'ids_1' })
})
afterEach(() => server[Symbol.asyncDispose]())

/** Answers with the body that was sent. */
function echo(): void {
  server.intercept = (request, response) => {
    void text(request).then((body) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(body))
    return true
  }
}

/** Takes requests and lets them wait. */
function silence(): IncomingMessage[] {
  const waiting: IncomingMessage[] = []
  server.intercept = (request) => waiting.push(request) > 0
  return waiting
}

describe('preview', () => {
  it('sends steps or those of a pipeline, in the words of the server, and says which client it is', async () => {
    echo()
    const steps = [{ use: 'image.blur', with: { sigma: 2 } }]
    const sent = JSON.parse(await (await client.preview('d 1', { page: 3, steps, maxPixels: 5000, format: 'webp' })).text()) as object
    expect(sent).toEqual({ steps, max_pixels: 5000, format: 'webp', client: expect.stringMatching(/^[0-9a-f]{24}$/) })
    expect(server.requests).toEqual([{ method: 'POST', url: '/documents/d%201/pages/3/preview', authorization: 'Bearer ids_1' }])
    const built = client.pipeline().step('image.blur', { sigma: 2 })
    const crop = { left: '10%', width: 30, height: 40 }
    expect(JSON.parse(await (await client.preview('d', { page: 1, steps: built, crop })).text())).toMatchObject({ steps, crop })
    expect(JSON.parse(await (await client.preview('d', { page: 1 })).text())).toMatchObject({ steps: [] })
  })

  it('a newer one of the same document ends the older one, and its connection; other documents and clients go on', async () => {
    const waiting = silence()
    const older = client.preview('d', { page: 1 })
    const others = Promise.allSettled([client.preview('e', { page: 1 }), createClient({ url: server.url }).preview('d', { page: 1 })])
    await expect.poll(() => waiting.length).toBe(3)
    const closed = once(waiting.find(({ url, headers }) => url?.includes('/d/') && headers.authorization)!.socket, 'close')
    echo()
    const newer = client.preview('d', { page: 1 })
    await expect(older).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('newer') })
    await newer
    await closed
    expect(waiting.filter(({ socket }) => !socket.destroyed)).toHaveLength(2)
    await server[Symbol.asyncDispose]()
    expect((await others).map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual(
      Array(2).fill('SERVER_UNREACHABLE'),
    )
  })

  it('stops when its signal aborts', async () => {
    const waiting = silence()
    const stop = new AbortController()
    const asked = client.preview('d', { page: 1, signal: stop.signal })
    await expect.poll(() => waiting.length).toBe(1)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
