import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { digestOf } from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import { afterAll, describe, expect, it } from 'vitest'
import { createS3BlobStore } from '../../../src/drivers/s3/blob-store.ts'
import { createS3UploadStore } from '../../../src/drivers/s3/upload-store.ts'
import { listen } from '../../../src/http/listen.ts'
import { newId } from '../../../src/records/id.ts'
import { claimUpload } from '../../../src/uploads/claim.ts'
import { createUploadRoutes } from '../../../src/uploads/routes.ts'
import { sweepUploads } from '../../../src/uploads/sweep.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'
import { startProxy } from '../../support/s3-proxy.ts'
import { appFor, openServer, type TestDrivers, type TestServer } from '../../uploads/support.ts'
import { brokenBody, stalledBody, tusClient } from '../../uploads/tus-client.ts'
import { describeUploads } from '../../uploads/uploads-suite.ts'

requireS3()

const MIB = 1024 ** 2
const jpeg = await (await renderPage({ seed: 1, width: 300, height: 400 })).jpeg()
/** A page with so much behind its end that it takes several parts. */
const large = new Uint8Array(Buffer.concat([jpeg, Buffer.alloc(20 * MIB, 'what stands behind the end of an image is not read. ')]))

/** The page with so much behind its end that it has this size, always from the same memory. Gives the status. */
async function sendBySocket(url: URL, size: number): Promise<number | undefined> {
  const headers = {
    'Tus-Resumable': '1.0.0',
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': '0',
    'Content-Length': size,
  }
  const sending = request(url, { method: 'PATCH', headers })
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>
  const filling = large.subarray(jpeg.length, jpeg.length + MIB)
  await pipeline(
    Readable.from(
      (function* () {
        yield jpeg
        for (let left = size - jpeg.length; left > 0; left -= MIB) yield filling.subarray(0, Math.min(left, MIB))
      })(),
    ),
    sending,
  )
  const [response] = await answered
  response.resume()
  return response.statusCode
}

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  const opened: TestBucket[] = []
  afterAll(async () => {
    for (const bucket of opened) await bucket[Symbol.asyncDispose]()
  })
  const newBucket = (): TestBucket => {
    const bucket = testBucket()
    opened.push(bucket)
    return bucket
  }
  const inBucket = (bucket: TestBucket, endpoint = bucket.options.endpoint): TestDrivers => {
    const connection = bucket.connect({ endpoint })
    return (lock) => ({
      blobs: createS3BlobStore(connection),
      uploads: createS3UploadStore({ connection, lock }),
      downloads: undefined,
    })
  }
  const openS3 = (...[settings, limits]: Parameters<typeof openServer>): Promise<TestServer> =>
    openServer(settings, limits, inBucket(newBucket()))

  describeUploads('uploads into S3', openS3)

  describe('an upload into S3', () => {
    it('goes there part by part, whichever server takes the next request, and ends as one blob', async () => {
      const bucket = newBucket()
      await using server = await openServer({}, {}, inBucket(bucket))
      const ana = await server.addCaller('ana')
      const { lock } = server.services
      const servers = Array.from({ length: 2 }, () => {
        const { uploads } = inBucket(bucket)(lock)
        return tusClient(appFor(createUploadRoutes({ ...server.services, uploads }), ana))
      })
      const path = (await servers[0]!.create(large.length)).headers.get('Location') ?? ''
      const id = path.split('/').at(-1) ?? ''
      const pieces = [3 * MIB, 3 * MIB, 100, 9 * MIB, 1]
      let offset = 0
      for (const [index, size] of pieces.entries()) {
        const client = servers[index % 2]!
        expect((await client.patch(path, offset, large.subarray(offset, offset + size))).status).toBe(204)
        offset += size
        expect((await servers[(index + 1) % 2]!.head(path)).headers.get('Upload-Offset')).toBe(String(offset))
      }
      expect(await bucket.unfinished()).toEqual([`uploads/${id}`])
      expect((await servers[1]!.patch(path, offset, large.subarray(offset))).status).toBe(204)
      const { original } = await claimUpload(server.services, ana, id)
      expect(original).toEqual({ mediaType: 'image/jpeg', digest: digestOf(large), size: large.length })
      const hex = digestOf(large).slice('sha256:'.length)
      expect(await bucket.keys()).toEqual([`objects/${hex.slice(0, 2)}/${hex}`])
      expect(await bucket.unfinished()).toEqual([])
      const back = Buffer.concat(await Array.fromAsync(await server.services.blobs.open(original.digest)))
      expect(digestOf(back)).toBe(original.digest)
    })

    it('of 128 MiB over a socket passes through the server without staying in its memory', async () => {
      await using server = await openS3()
      const ana = await server.addCaller('ana')
      const app = appFor(createUploadRoutes(server.services), ana)
      await using listening = await listen(app.fetch as Parameters<typeof listen>[0], { host: '127.0.0.1', port: 0 })
      const size = 128 * MIB
      const path = (await tusClient(app).create(size)).headers.get('Location') ?? ''
      const before = process.memoryUsage().arrayBuffers
      let peak = 0
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      }, 2)
      const status = await sendBySocket(new URL(path, listening.url), size)
      clearInterval(watch)
      expect(status).toBe(204)
      expect((await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')).pages).toBe(1)
      // A part, and what there is of garbage. V8 alone would let 64 MB of it gather, and more while the file is checked.
      expect(peak - before).toBeLessThan(40 * MIB)
    })

    it('keeps what had arrived when the connection was cut, also what is too short for a part', async () => {
      await using server = await openS3()
      const ana = await server.addCaller('ana')
      const client = tusClient(appFor(createUploadRoutes(server.services), ana))
      const path = (await client.create(large.length)).headers.get('Location') ?? ''
      const cut = await client.patch(path, 0, brokenBody(large.subarray(0, 12 * MIB), 64 * 1024))
      expect(cut.status).toBeGreaterThanOrEqual(400)
      const arrived = async () => Number((await client.head(path)).headers.get('Upload-Offset'))
      // A part, and most of the rest: what was still on its way inside of the server is lost.
      await expect.poll(arrived, { timeout: 10_000 }).toBeGreaterThan(10 * MIB)
      const offset = await arrived()
      expect((await client.patch(path, offset, large.subarray(offset))).status).toBe(204)
      expect((await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')).original.digest).toBe(digestOf(large))
    })

    it('keeps what had arrived when its client sends nothing any more, and lets others in', async () => {
      const connection = newBucket().connect()
      await using server = await openServer({}, {}, (lock) => ({
        blobs: createS3BlobStore(connection),
        uploads: createS3UploadStore({ connection, lock, idleMs: 300 }),
        downloads: undefined,
      }))
      const client = tusClient(appFor(createUploadRoutes(server.services), await server.addCaller('ana')))
      const path = (await client.create(jpeg.length)).headers.get('Location') ?? ''
      const stalled = await client.patch(path, 0, stalledBody(jpeg.subarray(0, 2000)))
      expect(stalled.status).toBe(500)
      expect((await client.head(path)).headers.get('Upload-Offset')).toBe('2000')
      expect((await client.patch(path, 2000, jpeg.subarray(2000))).status).toBe(204)
    })

    it('does not take for its end what became a part before', async () => {
      const bucket = newBucket()
      await using server = await openServer({}, {}, inBucket(bucket))
      const client = tusClient(appFor(createUploadRoutes(server.services), await server.addCaller('ana')))
      const path = (await client.create(large.length)).headers.get('Location') ?? ''
      await client.patch(path, 0, large.subarray(0, 8 * MIB))
      await using connection = bucket.connect()
      const s3 = await connection.client()
      const Key = connection.key(`uploads/${path.split('/').at(-1)}.tail`)
      await s3.putObject({ Bucket: connection.bucket, Key, Body: 'left by a server that ended', Metadata: { 'imagedoc-begin': '0' } })
      expect((await client.head(path)).headers.get('Upload-Offset')).toBe(String(8 * MIB))
      expect((await client.patch(path, 8 * MIB, large.subarray(8 * MIB))).status).toBe(204)
    })

    it.each([
      ['a part', /^PUT .*partNumber=2/],
      ['the end', /^POST .*uploadId=/],
      ['the copy to its place', /^PUT .*CopyObject/],
    ])('is not lost when the bucket fails at %s: the client asks, and it goes on', async (_, match) => {
      const bucket = newBucket()
      await using line = await startProxy(bucket.options.endpoint ?? '')
      await using server = await openServer({}, {}, inBucket(bucket, line.url))
      const ana = await server.addCaller('ana')
      const client = tusClient(appFor(createUploadRoutes(server.services), ana))
      const path = (await client.create(large.length)).headers.get('Location') ?? ''
      line.spoil(match, { status: 500 }, 3)
      const failed = await client.patch(path, 0, large)
      expect([failed.status, failed.headers.get('Upload-Error')]).toEqual([500, 'STORE_FAILED'])
      const offset = Number((await client.head(path)).headers.get('Upload-Offset'))
      if (offset < large.length) expect((await client.patch(path, offset, large.subarray(offset))).status).toBe(204)
      expect((await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')).original.digest).toBe(digestOf(large))
    })

    it('is complete although nothing could be removed after it, and the sweep removes it', async () => {
      const bucket = newBucket()
      await using line = await startProxy(bucket.options.endpoint ?? '')
      await using server = await openServer({}, {}, inBucket(bucket, line.url))
      const ana = await server.addCaller('ana')
      const client = tusClient(appFor(createUploadRoutes(server.services), ana))
      line.spoil(/^DELETE/, { status: 500 }, 3)
      const { response, id } = await client.send(jpeg)
      expect(response.status).toBe(204)
      expect(await claimUpload(server.services, ana, id)).toMatchObject({ pages: 1 })
      expect(await server.services.uploads.ids()).toEqual([id])
      expect(await sweepUploads(server.services)).toBe(1)
      expect(await server.services.uploads.ids()).toEqual([])
    })

    it('that could not be begun counts for nothing', async () => {
      const bucket = newBucket()
      await using line = await startProxy(bucket.options.endpoint ?? '')
      await using server = await openServer({}, {}, inBucket(bucket, line.url))
      const ana = await server.addCaller('ana', large.length)
      const client = tusClient(appFor(createUploadRoutes(server.services), ana))
      line.spoil(/./, { status: 500 }, 100)
      const refused = await client.create(large.length)
      expect([refused.status, refused.headers.get('Upload-Error')]).toEqual([500, 'STORE_FAILED'])
      expect(await server.services.tables.uploads.count('by_user', [ana.userId])).toBe(0)
    })

    it('is written by one of two servers at a time, and never mixed', async () => {
      const bucket = newBucket()
      await using server = await openServer({}, {}, inBucket(bucket))
      const ana = await server.addCaller('ana')
      const clients = Array.from({ length: 2 }, () => {
        const { uploads } = inBucket(bucket)(server.services.lock)
        return tusClient(appFor(createUploadRoutes({ ...server.services, uploads }), ana))
      })
      const path = (await clients[0]!.create(large.length)).headers.get('Location') ?? ''
      const answers = await Promise.all(clients.map((client) => client.patch(path, 0, large)))
      // The other one has waited, and finds that everything is there; or it has waited long enough.
      const codes = answers.map(({ headers }) => headers.get('Upload-Error'))
      expect(codes.filter((code) => code === null)).toHaveLength(1)
      expect(['INVALID_REQUEST', 'STORE_UNAVAILABLE']).toContain(codes.find((code) => code !== null))
      expect((await claimUpload(server.services, ana, path.split('/').at(-1) ?? '')).original.digest).toBe(digestOf(large))
    })

    it('is swept with all that it left when its row is gone, and nothing else is', async () => {
      const bucket = newBucket()
      await using server = await openServer({}, {}, inBucket(bucket))
      const client = tusClient(appFor(createUploadRoutes(server.services), await server.addCaller('ana')))
      const begun = (await client.create(large.length)).headers.get('Location') ?? ''
      const orphan = (await client.create(large.length)).headers.get('Location') ?? ''
      await client.patch(orphan, 0, large.subarray(0, 10 * MIB))
      await server.services.tables.uploads.delete(orphan.split('/').at(-1) ?? '')
      await using connection = bucket.connect()
      const s3 = await connection.client()
      const bare = connection.key(`uploads/${newId()}`)
      await s3.createMultipartUpload({ Bucket: connection.bucket, Key: bare })
      await s3.putObject({ Bucket: connection.bucket, Key: connection.key('uploads/notes.txt'), Body: 'x' })
      expect(await sweepUploads(server.services)).toBe(2)
      const kept = `uploads/${begun.split('/').at(-1)}`
      expect(await bucket.unfinished()).toEqual([kept])
      expect((await bucket.keys()).sort()).toEqual([`${kept}.info`, 'uploads/notes.txt'].sort())
    })
  })
})
