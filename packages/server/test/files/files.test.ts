import { type Descriptor, digestOf } from '@imagedoc/core'
import { multiPageTiff, renderPage, scannedPdf } from '@imagedoc/fixtures'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { createFileRoutes } from '../../src/files/routes.ts'
import type { HttpEnv } from '../../src/http/env.ts'
import { newId } from '../../src/records/id.ts'
import { appFor, codeOf, openServer, type TestServer } from '../uploads/support.ts'

let server: TestServer
let ana: Caller & { logOut(): void }
let app: Hono<HttpEnv>
let collectionId: string
let letter: { path: string; bytes: Uint8Array; etag: string }
const page = await renderPage({ seed: 1, width: 900, height: 1200 })
const other = await renderPage({ seed: 2, width: 900, height: 1200 })

beforeAll(async () => {
  server = await openServer()
  ana = await server.addCaller('ana')
  app = appFor(createFileRoutes(server.services), ana)
  collectionId = newId()
  await server.services.tables.collections.insert({
    _id: collectionId,
    revision: 0,
    created_at: new Date(),
    user_id: ana.userId,
    title: 'Letters',
    description: '',
    documents: [],
    members: [],
    readers: [ana.userId],
    deleted_at: null,
  })
  const bytes = await scannedPdf([page, other])
  letter = {
    bytes,
    path: await addDocument('Carta de Antónia', bytes, { mediaType: 'application/pdf', pages: 2 }),
    etag: `"${digestOf(bytes)}"`,
  }
})
afterAll(() => server[Symbol.asyncDispose]())

/** The address of a new document. */
async function addDocument(
  title: string,
  bytes: Uint8Array,
  { mediaType, pages = 1 }: { mediaType: string; pages?: number },
): Promise<string> {
  const original = await server.services.blobs.put('objects', bytes, { mediaType })
  const _id = newId()
  await server.services.tables.documents.insert({
    _id,
    revision: 0,
    created_at: new Date(),
    collection_id: collectionId,
    title,
    file_url: `/documents/${_id}/file`,
    metadata: {},
    original,
    pages,
    current_version: 0,
    deleted_at: null,
  })
  return `/documents/${_id}`
}

async function addVersion(
  document: string,
  number: number,
  outputs: { name: string; descriptor: Descriptor; page?: string }[],
): Promise<void> {
  await server.services.tables.versions.insert({
    _id: newId(),
    revision: 0,
    created_at: new Date(),
    document_id: document.split('/').at(-1) ?? '',
    number,
    run_id: null,
    receipt: null,
    outputs: outputs.map((output) => ({ kind: 'text', ...output })),
    layouts: [],
  })
}

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => app.request(path, { method, headers })
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

describe('the original of a document', () => {
  it('comes as it was sent, and can do no harm in a browser', async () => {
    const response = await get(`${letter.path}/file`)
    expect(response.status).toBe(200)
    expect(await bytesOf(response)).toEqual(new Uint8Array(letter.bytes))
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      'content-disposition': `attachment; filename="Carta de Ant_nia.pdf"; filename*=UTF-8''Carta%20de%20Ant%C3%B3nia.pdf`,
      'content-length': String(letter.bytes.length),
      'content-security-policy': "sandbox; default-src 'none'",
      'content-type': 'application/pdf',
      'cross-origin-resource-policy': 'same-site',
      etag: letter.etag,
      'x-content-type-options': 'nosniff',
    })
  })

  it('is described by HEAD without a byte, whatever range is asked for', async () => {
    const response = await get(`${letter.path}/file`, { Range: 'bytes=0-9' }, 'HEAD')
    expect([response.status, response.headers.get('Content-Length')]).toEqual([200, String(letter.bytes.length)])
    expect((await bytesOf(response)).length).toBe(0)
  })

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=100-', 100, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=5-999999999', 5, undefined],
  ])('is given in part: %s', async (range, start, end) => {
    const response = await get(`${letter.path}/file`, { Range: range })
    const part = letter.bytes.slice(start, end)
    expect(response.status).toBe(206)
    expect(await bytesOf(response)).toEqual(part)
    expect(response.headers.get('Content-Length')).toBe(String(part.length))
    const first = start < 0 ? letter.bytes.length + start : start
    expect(response.headers.get('Content-Range')).toBe(`bytes ${first}-${first + part.length - 1}/${letter.bytes.length}`)
  })

  it('says how large it is when a range lies behind its end', async () => {
    const response = await get(`${letter.path}/file`, { Range: `bytes=${letter.bytes.length}-` })
    expect([response.status, response.headers.get('Content-Range')]).toEqual([416, `bytes */${letter.bytes.length}`])
  })

  it('is not sent again to who has it', async () => {
    for (const condition of [letter.etag, `W/${letter.etag}`, `"x", ${letter.etag}`, '*']) {
      const response = await get(`${letter.path}/file`, { 'If-None-Match': condition, Range: 'bytes=0-9' })
      expect([response.status, response.headers.get('ETag')]).toEqual([304, letter.etag])
    }
    expect((await get(`${letter.path}/file`, { 'If-None-Match': '"x"' })).status).toBe(200)
  })

  it('is given in part only of the bytes that If-Range names', async () => {
    const status = async (condition: string) => (await get(`${letter.path}/file`, { Range: 'bytes=0-9', 'If-Range': condition })).status
    expect(await Promise.all([letter.etag, '"x"', `W/${letter.etag}`, new Date().toUTCString()].map(status))).toEqual([206, 200, 200, 200])
  })

  it('is shown in the browser where it is an image that is safe to show', async () => {
    const jpeg = await addDocument('page.jpg', await page.jpeg(), { mediaType: 'image/jpeg' })
    const tiff = await addDocument('page', multiPageTiff([page]), { mediaType: 'image/tiff' })
    const disposition = async (path: string) => (await get(`${path}/file`)).headers.get('Content-Disposition')
    expect(await disposition(jpeg)).toBe(`inline; filename="page.jpg"; filename*=UTF-8''page.jpg`)
    expect(await disposition(tiff)).toMatch(/^attachment; filename="page\.tiff?"/)
  })

  it('is hidden from strangers, from who is not logged in, and when it is in the trash', async () => {
    const routes = createFileRoutes(server.services)
    const eve = appFor(routes, await server.addCaller('eve'))
    for (const path of ['/file', '/pages/1', '/versions/1/x']) {
      const response = await eve.request(`${letter.path}${path}`)
      expect([response.status, await codeOf(response)]).toEqual([404, 'NOT_FOUND'])
      expect((await appFor(routes, null).request(`${letter.path}${path}`)).status).toBe(401)
    }
    const gone = await addDocument('gone', await page.jpeg(), { mediaType: 'image/jpeg' })
    const { documents } = server.services.tables
    await documents.replaceIf({ ...(await documents.get(gone.split('/').at(-1) ?? ''))!, deleted_at: new Date() })
    expect((await get(`${gone}/file`)).status).toBe(404)
    expect((await get('/documents/..%2f..%2fx/file')).status).toBe(404)
  })

  it('stops when the token of who reads it ends', async () => {
    const reader = await server.addCaller('reader')
    const { collections } = server.services.tables
    const row = (await collections.get(collectionId))!
    await collections.replaceIf({ ...row, members: [{ user_id: reader.userId, role: 'viewer' }], readers: [...row.readers, reader.userId] })
    const large = new Uint8Array(3_000_000).fill(7)
    const path = await addDocument('large', large, { mediaType: 'application/pdf' })
    const response = await appFor(createFileRoutes(server.services), reader).request(`${path}/file`)
    reader.logOut()
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('stops when its reader may not see the document any more', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const reader = await server.addCaller('guest')
      const { collections } = server.services.tables
      const change = async (members: readonly { user_id: string; role: 'viewer' }[]): Promise<void> => {
        const row = (await collections.get(collectionId))!
        await collections.replaceIf({ ...row, members, readers: [ana.userId, ...members.map(({ user_id }) => user_id)] })
      }
      await change([{ user_id: reader.userId, role: 'viewer' }])
      const path = await addDocument('guarded', new Uint8Array(3_000_000).fill(9), { mediaType: 'application/pdf' })
      const response = await appFor(createFileRoutes(server.services), reader).request(`${path}/file`)
      const body = response.body!.getReader()
      await body.read()
      await change([])
      vi.advanceTimersByTime(9_000)
      expect((await body.read()).done).toBe(false)
      vi.advanceTimersByTime(1_500)
      await expect(body.read()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(server.services.queues.downloads.room.active(reader.userId)).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('an output of a version', () => {
  it('is served under its name, by its page where it has several', async () => {
    const put = (text: string) => server.services.blobs.put('objects', new TextEncoder().encode(text), { mediaType: 'text/html' })
    await addVersion(letter.path, 1, [
      { name: 'english.txt', descriptor: await put('whole') },
      { name: 'page.html', descriptor: await put('<script>1</script>'), page: '1' },
      { name: 'page.html', descriptor: await put('<script>2</script>'), page: '2' },
    ])
    const whole = await get(`${letter.path}/versions/1/english.txt`)
    expect(await whole.text()).toBe('whole')
    expect(whole.headers.get('Content-Disposition')).toContain('Carta de Ant_nia english.txt')
    const second = await get(`${letter.path}/versions/1/page.html?page=2`)
    expect(await second.text()).toBe('<script>2</script>')
    expect(second.headers.get('Content-Disposition')).toMatch(/^attachment/)
    expect(await codeOf(await get(`${letter.path}/versions/1/page.html`))).toBe('INVALID_REQUEST')
  })

  it('is not found where there is none', async () => {
    for (const path of ['1/other.txt', '2/english.txt', '-1/english.txt', 'x/english.txt', '1/page.html?page=9']) {
      expect((await get(`${letter.path}/versions/${path}`)).status).toBe(404)
    }
  })
})

describe('the image of a page', () => {
  it('is a JPEG of the width that is asked for', async () => {
    const response = await get(`${letter.path}/pages/2?width=160`)
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'image/jpeg'])
    expect(response.headers.get('Content-Disposition')).toMatch(/^inline/)
    expect(jpegWidth(await bytesOf(response))).toBe(160)
    expect(jpegWidth(await bytesOf(await get(`${letter.path}/pages/2`)))).toBe(640)
  })

  it('is of the page that is asked for, and never larger than the page is', async () => {
    const [first, second] = [await get(`${letter.path}/pages/1?width=2560`), await get(`${letter.path}/pages/2?width=2560`)]
    expect(jpegWidth(await bytesOf(first))).toBe(900)
    expect(first.headers.get('ETag')).not.toBe(second.headers.get('ETag'))
  })

  it('comes out of the result cache the second time', async () => {
    const path = await addDocument('cached', await other.jpeg(90), { mediaType: 'image/jpeg' })
    const first = await bytesOf(await get(`${path}/pages/1?width=320`))
    // Only the cache can answer now.
    const interactive = { ...server.services.interactive, run: withoutSource(server.services.interactive) }
    const second = await appFor(createFileRoutes({ ...server.services, interactive }), ana).request(`${path}/pages/1?width=320`)
    expect(await bytesOf(second)).toEqual(first)
    const response = await get(`${path}/pages/1?width=320`, { 'If-None-Match': second.headers.get('ETag') ?? '' })
    expect(response.status).toBe(304)
  })

  it('is refused for pages and widths that are none', async () => {
    const answers = ['pages/0', 'pages/3', 'pages/x', 'pages/-1'].map(async (path) => codeOf(await get(`${letter.path}/${path}`)))
    expect(await Promise.all(answers)).toEqual(Array(4).fill('NOT_FOUND'))
    const widths = ['161', '0', 'x', '99999999999'].map(async (width) => codeOf(await get(`${letter.path}/pages/1?width=${width}`)))
    expect(await Promise.all(widths)).toEqual(Array(4).fill('INVALID_REQUEST'))
  })

  it('says why there is none', async () => {
    const bytes = (await other.png()).slice(0, 4000)
    const path = await addDocument('damaged', bytes, { mediaType: 'image/png' })
    expect(await codeOf(await get(`${path}/pages/1`))).toBe('CORRUPT_INPUT')
  })

  it('is not made for a client that has gone', async () => {
    const path = await addDocument('gone', await other.jpeg(91), { mediaType: 'image/jpeg' })
    const gone = new AbortController()
    const asked = app.request(`${path}/pages/1`, { signal: gone.signal })
    gone.abort()
    expect(await codeOf(await asked)).toBe('CANCELLED')
  })
})

/** A run whose inputs cannot be read. */
function withoutSource({ run }: TestServer['services']['imagedoc']): typeof run {
  return (pipeline, { input }, options) =>
    run(pipeline, { input: { ...(input as { name: string }), open: () => Promise.reject(new Error('the original was read')) } }, options)
}

/** From the frame header (ITU-T T.81, B.2.2). */
function jpegWidth(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let at = 2
  while (at < bytes.length) {
    const marker = view.getUint8(at + 1)
    if (marker >= 0xc0 && marker <= 0xc2) return view.getUint16(at + 7)
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}
