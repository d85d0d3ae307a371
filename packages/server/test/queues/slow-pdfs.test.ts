import { renderPage, slowPdf, slowPdfs } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'
import { tusClient } from '../uploads/tus-client.ts'

const SECONDS = 2
/** Beyond the limit: for a child to start, and for a busy machine. */
const SLACK_MS = 8000

let server: TestServer
let noisy: TestUser
let quiet: TestUser
beforeAll(async () => {
  server = await openTestServer({ settings: { interactiveSeconds: SECONDS }, walked: 'at the end' })
  noisy = await addUser(server.services)
  quiet = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

/** The address of a document of this user. */
async function documentOf(user: TestUser, bytes: Uint8Array, mediaType: string): Promise<string> {
  const { services } = server
  const collection = await addCollection(services, { user_id: user.id })
  const original = await services.blobs.put('objects', bytes, { mediaType })
  return `/documents/${(await addDocument(services, { collection_id: collection._id, original }))._id}`
}

const request = async (user: TestUser, path: string, init: RequestInit = {}): Promise<Response> =>
  server.app.request(path, { ...init, headers: { Authorization: `Bearer ${user.token}` } })
const preview: RequestInit = { method: 'POST', body: JSON.stringify({ steps: [{ use: 'image.grayscale' }] }) }

async function timed<Value>(work: Promise<Value>): Promise<{ value: Value; ms: number }> {
  const since = performance.now()
  return { value: await work, ms: performance.now() - since }
}

describe.each(slowPdfs)('a PDF whose %s takes long', (kind) => {
  it('is uploaded at once: nothing of it is drawn', async () => {
    const bytes = slowPdf(kind, 1)
    const app = createApp(server.services)
    const authorised = { request: (path: string, init: RequestInit) => app.request(path, withToken(init)) } as typeof app
    const withToken = (init: RequestInit): RequestInit => ({
      ...init,
      headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${noisy.token}` },
    })
    const { response } = await tusClient(authorised).send(bytes)
    expect(response.status).toBe(204)
  })

  it('has no page image and no preview after the limit, but a clear error', async () => {
    const path = await documentOf(noisy, slowPdf(kind, 2), 'application/pdf')
    for (const [at, init, what] of [
      [`${path}/pages/1`, {}, 'Making the image of the page'],
      [`${path}/pages/1/preview`, preview, 'Making the preview'],
    ] as const) {
      const { value: response, ms } = await timed(request(noisy, at, init))
      expect(response.status).toBe(504)
      expect(await response.json()).toMatchObject({
        error: {
          code: 'STEP_TIMEOUT',
          message: `${what} took longer than 2 seconds, so it was stopped. Run a pipeline on the document instead: runs have more time.`,
        },
      })
      expect(ms).toBeLessThan(SECONDS * 1000 + SLACK_MS)
    }
  })
})

it('a user with many slow PDFs keeps nobody else from page images, previews and checks', async () => {
  const slow = await Promise.all([3, 4, 5, 6, 7, 8].map((seed) => documentOf(noisy, slowPdf('images', seed), 'application/pdf')))
  const page = await renderPage({ seed: 1, width: 400, height: 500 })
  const own = await documentOf(quiet, await page.jpeg(80), 'image/jpeg')
  const flood = slow.flatMap((path) => [request(noisy, `${path}/pages/1`), request(noisy, `${path}/pages/1/preview`, preview)])
  const first = await timed(request(quiet, `${own}/pages/1?width=160`))
  const second = await timed(request(quiet, `${own}/pages/1/preview`, preview))
  expect([first.value.status, second.value.status]).toEqual([200, 200])
  // Twelve slow ones, two at a time, would take 12 s.
  expect(first.ms + second.ms).toBeLessThan(SLACK_MS)
  expect((await Promise.all(flood)).map(({ status }) => status)).toEqual(Array(12).fill(504))
  expect(server.services.queues.previews.room.active()).toBe(0)
}, 60_000)
