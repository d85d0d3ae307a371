import { renderPage, type SlowPdf, slowPdf, slowPdfs } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'
import { tusClient } from '../uploads/tus-client.ts'

const SECONDS = 3
/** Beyond the limit: for a child to start, and for a busy machine. */
const SLACK_MS = 15_000

/** One that stops such work early, and one with the limit that servers have. */
let strict: TestServer
let usual: TestServer
beforeAll(async () => {
  strict = await openTestServer({ settings: { interactiveSeconds: SECONDS }, walked: 'at the end' })
  usual = await openTestServer({ walked: 'at the end' })
})
afterAll(async () => {
  await strict[Symbol.asyncDispose]()
  await usual[Symbol.asyncDispose]()
})

interface File {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

const slow = (kind: SlowPdf, seed: number): File => ({ bytes: slowPdf(kind, seed), mediaType: 'application/pdf' })

/** The address of a document of this user. */
async function documentOf({ services }: TestServer, user: TestUser, { bytes, mediaType }: File): Promise<string> {
  const collection = await addCollection(services, { user_id: user.id })
  const original = await services.blobs.put('objects', bytes, { mediaType })
  return `/documents/${(await addDocument(services, { collection_id: collection._id, original }))._id}`
}

const request = async ({ app }: TestServer, user: TestUser, { path, init = {} }: { path: string; init?: RequestInit }): Promise<Response> =>
  app.request(path, { ...init, headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${user.token}` } })
const preview: RequestInit = { method: 'POST', body: JSON.stringify({ steps: [{ use: 'image.grayscale' }] }) }

async function timed<Value>(work: Promise<Value>): Promise<{ value: Value; ms: number }> {
  const since = performance.now()
  return { value: await work, ms: performance.now() - since }
}

describe.each(slowPdfs)('a PDF whose %s takes long', (kind) => {
  it('is uploaded at once: nothing of it is drawn', async () => {
    const user = await addUser(usual.services)
    const app = { request: (path: string, init: RequestInit) => request(usual, user, { path, init }) } as TestServer['app']
    const { response } = await tusClient(app).send(slowPdf(kind, 1))
    expect(response.status).toBe(204)
  }, 30_000)

  it('has no page image and no preview after the limit, but a clear error', async () => {
    const user = await addUser(strict.services)
    const path = await documentOf(strict, user, slow(kind, 2))
    for (const [at, init, what] of [
      [`${path}/pages/1`, {}, 'Making the image of the page'],
      [`${path}/pages/1/preview`, preview, 'Making the preview'],
    ] as const) {
      const { value: response, ms } = await timed(request(strict, user, { path: at, init }))
      expect(response.status).toBe(504)
      const message = `${what} took longer than ${SECONDS} seconds, so it was stopped. Run a pipeline on the document instead: runs have more time.`
      expect(await response.json()).toMatchObject({ error: { code: 'STEP_TIMEOUT', message } })
      expect(ms).toBeLessThan(SECONDS * 1000 + SLACK_MS)
    }
    expect(strict.services.queues.previews.room.active()).toBe(0)
  }, 60_000)
})

it('a user with many slow PDFs keeps nobody else from page images and previews', async () => {
  const [noisy, quiet] = [await addUser(usual.services), await addUser(usual.services)]
  const documents = await Promise.all([3, 4, 5, 6, 7, 8].map((seed) => documentOf(usual, noisy, slow('images', seed))))
  const page = await renderPage({ seed: 1, width: 400, height: 500 })
  const own = await documentOf(usual, quiet, { bytes: await page.jpeg(80), mediaType: 'image/jpeg' })
  const stop = new AbortController()
  const flood = documents.flatMap((path) => [
    request(usual, noisy, { path: `${path}/pages/1`, init: { signal: stop.signal } }),
    request(usual, noisy, { path: `${path}/pages/1/preview`, init: { ...preview, signal: stop.signal } }),
  ])
  const { value, ms } = await timed(
    (async () => [
      (await request(usual, quiet, { path: `${own}/pages/1?width=160` })).status,
      (await request(usual, quiet, { path: `${own}/pages/1/preview`, init: preview })).status,
    ])(),
  )
  expect(value).toEqual([200, 200])
  // Twelve slow ones of 15 s, two at a time, would take 90 s.
  expect(ms).toBeLessThan(30_000)
  stop.abort()
  await Promise.allSettled(flood)
  expect(usual.services.queues.previews.room.active()).toBe(0)
}, 90_000)
