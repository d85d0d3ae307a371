import { digestOf, ImageDocError } from '@imagedoc/core'
import { hostile, multiPageTiff, renderPage, scannedPdf } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../src/access/caller.ts'
import { claimUpload, removeUpload } from '../../src/uploads/claim.ts'
import { createUploadRoutes } from '../../src/uploads/routes.ts'
import { appFor, codeOf, type openServer, type TestServer } from './support.ts'
import { brokenBody, type TusClient, tusClient } from './tus-client.ts'

const page = await renderPage({ seed: 1, width: 300, height: 400 })
const jpeg = await page.jpeg()
const tricks = new Map((await hostile(1, 60)).map(({ name, bytes }) => [name, bytes]))

/** What uploads do, wherever their bytes are. */
export function describeUploads(name: string, open: typeof openServer): void {
  describe(name, () => {
    let server: TestServer
    let routes: ReturnType<typeof createUploadRoutes>
    let ana: Caller & { logOut(): void }
    let client: TusClient

    beforeAll(async () => {
      server = await open({ maxUploadBytes: 5_000_000 })
      routes = createUploadRoutes(server.services)
      ana = await server.addCaller('ana')
      client = tusClient(appFor(routes, ana))
    })
    afterAll(() => server[Symbol.asyncDispose]())

    const uploadOf = (id: string) => server.services.tables.uploads.get(id)
    const leftOf = async (id: string) => (await server.services.uploads.ids()).filter((left) => left === id)

    describe('an upload', () => {
      it('ends among the owned blobs, byte for byte, with its pages counted', async () => {
        const { response, id } = await client.send(jpeg, { filename: 'letter.jpg' })
        expect(response.status).toBe(204)
        expect(response.headers.get('Upload-Offset')).toBe(String(jpeg.length))
        const upload = await claimUpload(server.services, ana, id)
        const digest = digestOf(jpeg)
        expect(upload).toMatchObject({
          file_name: 'letter.jpg',
          pages: 1,
          original: { mediaType: 'image/jpeg', digest, size: jpeg.length },
        })
        expect(await server.services.blobs.stat(digest)).toMatchObject({ namespaces: ['objects'], size: jpeg.length })
        expect(Buffer.concat(await Array.fromAsync(await server.services.blobs.open(digest)))).toEqual(Buffer.from(jpeg))
        expect(await leftOf(id)).toEqual([])
        await removeUpload(server.services, id)
        await expect(claimUpload(server.services, ana, id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })

      it('counts the pages of PDFs and TIFFs', async () => {
        const files = [await scannedPdf([page, page, page]), multiPageTiff([page, page])]
        const counted = []
        for (const bytes of files) counted.push((await claimUpload(server.services, ana, (await client.send(bytes)).id)).pages)
        expect(counted).toEqual([3, 2])
      })

      it.each([
        ['../../../etc/passwd', 'passwd'],
        ['C:\\scans\\letter.jpg', 'letter.jpg'],
        ['a\r\nX-Evil: "1".jpg', 'aX-Evil: "1".jpg'],
        ['photo\u202egpj.exe', 'photogpj.exe'],
        ['\0', 'document'],
        [`${'é'.repeat(1000)}.jpg`, `${'é'.repeat(196)}.jpg`],
      ])('named %j is known as %j', async (filename, known) => {
        const path = (await client.create(10, { filename })).headers.get('Location') ?? ''
        expect(await uploadOf(path.split('/').at(-1) ?? '')).toMatchObject({ file_name: known })
        const metadata = (await client.head(path)).headers.get('Upload-Metadata')
        expect(metadata).toBe(`filename ${Buffer.from(known).toString('base64')}`)
      })

      it('may come with its first request', async () => {
        const headers = {
          'Tus-Resumable': '1.0.0',
          'Upload-Length': String(jpeg.length),
          'Content-Type': 'application/offset+octet-stream',
        }
        const response = await appFor(routes, ana).request('/uploads', { method: 'POST', headers, body: new Uint8Array(jpeg) })
        expect(response.status).toBe(201)
        const id = response.headers.get('Location')?.split('/').at(-1) ?? ''
        expect(await claimUpload(server.services, ana, id)).toMatchObject({ pages: 1 })
      })

      it('goes on where it broke off, also on a server that was started anew', async () => {
        const path = (await client.create(jpeg.length)).headers.get('Location') ?? ''
        const cut = await client.patch(path, 0, brokenBody(jpeg.subarray(0, 4000)))
        expect(cut.status).toBeGreaterThanOrEqual(400)
        const restarted = tusClient(appFor(createUploadRoutes(server.services), ana))
        const offset = Number((await restarted.head(path)).headers.get('Upload-Offset'))
        expect(offset).toBeLessThanOrEqual(4000)
        expect((await restarted.patch(path, offset, jpeg.subarray(offset))).status).toBe(204)
        const upload = await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')
        expect(upload.original.digest).toBe(digestOf(jpeg))
      })

      it('keeps what had arrived when the connection was cut', async () => {
        const path = (await client.create(jpeg.length)).headers.get('Location') ?? ''
        await client.patch(path, 0, jpeg.subarray(0, 3000))
        await client.patch(path, 3000, brokenBody(jpeg.subarray(3000, 3100)))
        expect(Number((await client.head(path)).headers.get('Upload-Offset'))).toBeGreaterThanOrEqual(3000)
      })

      it('is checked when its client asks for it, after a server that ended between the last byte and the check', async () => {
        const { location, id } = await received(jpeg)
        const head = await client.head(location)
        expect(head.headers.get('Upload-Offset')).toBe(String(jpeg.length))
        expect(await claimUpload(server.services, ana, id)).toMatchObject({ pages: 1 })
      })

      it('cannot be claimed before it is complete', async () => {
        const { location, id } = await received(jpeg)
        const claim = claimUpload(server.services, ana, id)
        await expect(claim).rejects.toMatchObject({ code: 'INVALID_REQUEST', path: 'upload' })
        expect((await client.remove(location)).status).toBe(204)
      })

      it('tells a client that lost the answer that it is complete, and takes nothing more', async () => {
        const { path } = await client.send(jpeg)
        expect((await client.head(path)).headers.get('Upload-Offset')).toBe(String(jpeg.length))
        expect((await client.patch(path, jpeg.length, new Uint8Array())).status).toBe(204)
        expect((await client.patch(path, 0, jpeg)).status).toBe(409)
        expect((await client.remove(path)).status).toBe(204)
        expect((await client.head(path)).status).toBe(404)
      })

      it('is written by one request at a time', async () => {
        const path = (await client.create(jpeg.length)).headers.get('Location') ?? ''
        const answers = await Promise.all([client.patch(path, 0, jpeg), client.patch(path, 0, jpeg), client.patch(path, 0, jpeg)])
        expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
        const upload = await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')
        expect(upload.original.digest).toBe(digestOf(jpeg))
      })
    })

    /** An upload with all its bytes but no check, as a server leaves it that ends in between. */
    async function received(bytes: Uint8Array): Promise<{ location: string; id: string }> {
      const run = () => Promise.reject(new ImageDocError('STORE_UNAVAILABLE', 'The server ended.'))
      const ending = createUploadRoutes({ ...server.services, interactive: { ...server.services.imagedoc, run } })
      const { response, path, id } = await tusClient(appFor(ending, ana)).send(bytes)
      expect(response.status).toBe(503)
      return { location: path, id }
    }

    describe('a file is refused, and deleted at once,', () => {
      const refusals: [why: string, code: string, bytes: () => Uint8Array | Promise<Uint8Array>][] = [
        ['that is text', 'UNSUPPORTED_MEDIA_TYPE', () => new TextEncoder().encode('Dear sister, '.repeat(50))],
        [
          'that is HTML under the name of an image',
          'UNSUPPORTED_MEDIA_TYPE',
          () => new TextEncoder().encode('<html><script>alert(1)</script>'),
        ],
        ['that is an SVG', 'UNSUPPORTED_MEDIA_TYPE', () => new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>')],
        ['that is a GIF, which nothing reads', 'UNSUPPORTED_MEDIA_TYPE', () => new TextEncoder().encode(`GIF89a${'x'.repeat(99)}`)],
        ['that is a bomb of pixels', 'TOO_MANY_PIXELS', () => tricks.get('bomb-35000x35000-1bit.png')!],
        ['that claims to be 65500 pixels wide and high', 'TOO_MANY_PIXELS', () => tricks.get('claims-65500x65500.jpg')!],
        ['that is nothing but the head of a PDF', 'CORRUPT_INPUT', () => new TextEncoder().encode('%PDF-1.7\nnothing')],
        ['that is locked', 'PASSWORD_REQUIRED', () => scannedPdf([page], { password: 'secret' })],
      ]
      it.each(refusals)('%s: %s', async (_why, code, bytes) => {
        const { response, id, path } = await client.send(await bytes(), { filename: 'photo.jpg' })
        expect(await codeOf(response)).toBe(code)
        expect(response.headers.get('Upload-Error')).toBe(code)
        expect(await uploadOf(id)).toBeUndefined()
        expect(await leftOf(id)).toEqual([])
        expect((await client.head(path)).status).toBe(404)
      })

      it('when its digest is not what was announced', async () => {
        const { response, id } = await client.send(jpeg, { digest: digestOf('something else') })
        expect([response.status, await codeOf(response)]).toEqual([422, 'DIGEST_MISMATCH'])
        expect(await uploadOf(id)).toBeUndefined()
        expect((await client.send(jpeg, { digest: digestOf(jpeg) })).response.status).toBe(204)
      })

      it('and never the blob that somebody else owns already', async () => {
        const bytes = await page.jpeg(60)
        await server.services.blobs.put('objects', bytes, { mediaType: 'image/jpeg' })
        await client.send(bytes, { digest: digestOf('something else') })
        expect(await server.services.blobs.stat(digestOf(bytes))).toMatchObject({ namespaces: ['objects'] })
      })

      it('whatever trick it plays, with an answer that blames the file and not the server', async () => {
        await using other = await open({}, { timeoutMs: 20_000 })
        const sender = tusClient(appFor(createUploadRoutes(other.services), await other.addCaller('ana', 2 ** 40)))
        const answers = await Promise.all(
          [...tricks].map(async ([name, bytes]) => {
            const { response } = await sender.send(bytes, { filename: name })
            return { name, status: response.status, code: response.headers.get('Upload-Error') }
          }),
        )
        expect(answers.filter(({ status, code }) => status !== 204 && (code === null || status >= 500))).toEqual([])
        expect(answers.filter(({ status }) => status !== 204).length).toBeGreaterThan(10)
        expect(await other.services.uploads.ids()).toEqual([])
      }, 120_000)

      it('but not for its name: the content decides', async () => {
        const { id } = await client.send(await page.png(), { filename: 'page.pdf' })
        expect(await claimUpload(server.services, ana, id)).toMatchObject({ file_name: 'page.pdf', original: { mediaType: 'image/png' } })
      })
    })

    describe('an upload is refused before its first byte', () => {
      const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Defer-Length': '1' }
      const withoutLength = async (): Promise<Response> => appFor(routes, ana).request('/uploads', { method: 'POST', headers })
      const refusals: [why: string, code: string, create: () => Promise<Response>][] = [
        ['without a length', 'INVALID_REQUEST', withoutLength],
        ['with a length of none', 'EMPTY_INPUT', () => client.create(0)],
        ['over the limit', 'INPUT_TOO_LARGE', () => client.create(5_000_001)],
        ['with a digest that is none', 'INVALID_REQUEST', () => client.create(10, { digest: 'md5:0' })],
      ]
      it.each(refusals)('%s: %s', async (_why, code, create) => {
        const response = await create()
        expect(await codeOf(response)).toBe(code)
        expect(response.headers.get('Location')).toBeNull()
      })

      it('when the quota would not hold it, counting what is under way', async () => {
        const poor = tusClient(appFor(routes, await server.addCaller('poor', 1000)))
        const answers = await Promise.all([poor.create(600), poor.create(600), poor.create(400)])
        const codes = await Promise.all(answers.map(async (answer) => (answer.ok ? 'created' : codeOf(answer))))
        expect(codes.filter((code) => code === 'created')).toHaveLength(2)
        expect(codes).toContain('QUOTA_EXCEEDED')
      })

      it('when 200 are open already', async () => {
        const busy = tusClient(appFor(routes, await server.addCaller('busy')))
        for (let count = 0; count < 200; count++) expect((await busy.create(1)).status).toBe(201)
        expect(await codeOf(await busy.create(1))).toBe('QUOTA_EXCEEDED')
        server.advance(25 * 3600_000)
        expect((await busy.create(1)).status).toBe(201)
        server.advance(-25 * 3600_000)
      })
    })

    describe('an upload takes no more bytes than announced', () => {
      it('with a length of the request', async () => {
        const path = (await client.create(100)).headers.get('Location') ?? ''
        const headers = {
          'Tus-Resumable': '1.0.0',
          'Upload-Offset': '0',
          'Content-Type': 'application/offset+octet-stream',
          'Content-Length': '101',
        }
        const response = await appFor(routes, ana).request(path, { method: 'PATCH', headers, body: new Uint8Array(101) })
        expect([response.status, await codeOf(response)]).toEqual([413, 'INPUT_TOO_LARGE'])
      })

      it('without one', async () => {
        const path = (await client.create(100)).headers.get('Location') ?? ''
        const response = await client.patch(path, 0, jpeg.subarray(0, 5000))
        expect(response.status).toBeGreaterThanOrEqual(400)
        const offset = Number((await client.head(path)).headers.get('Upload-Offset') ?? 0)
        expect(offset).toBeLessThanOrEqual(100)
      })
    })

    describe('a stranger', () => {
      it('finds no upload: neither how far it is, nor a way to write, delete or claim it', async () => {
        const eve = await server.addCaller('eve')
        const hers = tusClient(appFor(routes, eve))
        const { location, id } = await received(jpeg)
        const answers = [
          await hers.head(location),
          await hers.patch(location, jpeg.length, jpeg.subarray(0, 1)),
          await hers.remove(location),
        ]
        expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
        await expect(claimUpload(server.services, eve, id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
        expect(await uploadOf(id)).toBeDefined()
      })

      it('needs a token for everything but asking what the protocol can do', async () => {
        const nobody = appFor(routes, null)
        expect((await tusClient(nobody).create(10)).status).toBe(401)
        expect((await tusClient(nobody).head('/uploads/0123456789abcdef01234567')).status).toBe(401)
        const options = await nobody.request('/uploads', { method: 'OPTIONS' })
        expect(options.headers.get('Tus-Max-Size')).toBe('5000000')
        expect(options.headers.get('Access-Control-Allow-Origin')).toBeNull()
      })

      it('cannot read a file by the address of an upload, not even her own', async () => {
        const { location } = await received(jpeg)
        expect((await appFor(routes, ana).request(location)).status).toBe(404)
      })

      it('gets nowhere with an id that is a path', async () => {
        for (const id of ['..%2f..%2fetc%2fpasswd', '%2e%2e', '..%5c..', 'x'.repeat(500), '%00', '0123456789abcdef01234567.json']) {
          expect((await client.head(`/uploads/${id}`)).status).toBe(404)
        }
      })
    })

    it('answers what is no tus with our error', async () => {
      const response = await appFor(routes, ana).request('/uploads', { method: 'POST', headers: { 'Upload-Length': '10' } })
      expect([response.status, await codeOf(response)]).toEqual([412, 'INVALID_REQUEST'])
    })
  })
}
