import { digestOf } from '@imagedoc/core'
import { renderPage } from '@imagedoc/fixtures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/access/caller.ts'
import { createS3BlobStore } from '../../../src/drivers/s3/blob-store.ts'
import { createS3Downloads } from '../../../src/drivers/s3/presign.ts'
import { createS3UploadStore } from '../../../src/drivers/s3/upload-store.ts'
import { createFileRoutes } from '../../../src/files/routes.ts'
import { newId } from '../../../src/records/id.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'
import { appFor, openServer, type TestServer } from '../../uploads/support.ts'

requireS3()

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  let bucket: TestBucket
  let server: TestServer
  let ana: Caller
  let path: string
  let page: Uint8Array
  const get = async (address: string, init: RequestInit = {}) =>
    appFor(createFileRoutes(server.services), ana).request(address, { redirect: 'manual', ...init })

  beforeAll(async () => {
    bucket = testBucket()
    const connection = bucket.connect()
    server = await openServer({}, {}, (lock) => ({
      blobs: createS3BlobStore(connection),
      uploads: createS3UploadStore({ connection, lock }),
      downloads: createS3Downloads({ connection, seconds: 5 }),
    }))
    ana = await server.addCaller('ana')
    page = await (await renderPage({ seed: 1, width: 900, height: 1200 })).jpeg()
    path = await addDocument('Carta de Antónia')
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await server.services.blobs[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  async function addDocument(title: string): Promise<string> {
    const { tables, blobs } = server.services
    const collection_id = newId()
    const now = { revision: 0, created_at: new Date(), deleted_at: null }
    const about = { user_id: ana.userId, title: 'Letters', description: '', documents: [], members: [], readers: [ana.userId] }
    await tables.collections.insert({ _id: collection_id, ...now, ...about })
    const original = await blobs.put('objects', page, { mediaType: 'image/jpeg' })
    const _id = newId()
    const file_url = `/documents/${_id}/file`
    await tables.documents.insert({ _id, ...now, collection_id, title, file_url, metadata: {}, original, pages: 1, current_version: 0 })
    return file_url
  }

  it('a file is fetched from the bucket itself, as an attachment under its name', async () => {
    const answer = await get(path)
    expect(answer.status).toBe(307)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    const fetched = await fetch(answer.headers.get('Location') ?? '')
    expect(digestOf(new Uint8Array(await fetched.arrayBuffer()))).toBe(digestOf(page))
    expect(fetched.headers.get('Content-Type')).toBe('image/jpeg')
    expect(fetched.headers.get('Content-Disposition')).toMatch(/^attachment; .*filename\*=UTF-8''Carta%20de%20Ant%C3%B3nia\.jpg$/)
  })

  it('ranges go to the bucket, and conditions and HEAD stay with the server', async () => {
    const location = (await get(path)).headers.get('Location') ?? ''
    const part = await fetch(location, { headers: { Range: 'bytes=10-19' } })
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(page.subarray(10, 20))]).toEqual([206, true])
    expect((await get(path, { headers: { 'If-None-Match': `"${digestOf(page)}"` } })).status).toBe(304)
    const head = await get(path, { method: 'HEAD' })
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, String(page.length)])
  })

  it('an address is good for one file, a few seconds, and reading only', async () => {
    const location = new URL((await get(path)).headers.get('Location') ?? '')
    expect(location.searchParams.get('X-Amz-Expires')).toBe('5')
    const other = new URL(location)
    other.pathname = other.pathname.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
    const renamed = new URL(location)
    renamed.searchParams.set('response-content-disposition', 'inline')
    for (const [url, method] of [
      [other, 'GET'],
      [renamed, 'GET'],
      [location, 'DELETE'],
      [location, 'PUT'],
    ] as const)
      expect((await fetch(url, { method })).status).toBe(403)
  })

  it('is made for the address that browsers reach, where it is another one', async () => {
    await using connection = bucket.connect({ downloadEndpoint: 'https://files.example.org' })
    const link = await createS3Downloads({ connection }).linkTo(
      { mediaType: 'image/jpeg', digest: digestOf(page), size: page.length },
      { name: 'a.jpg' },
    )
    expect(link).toMatch(new RegExp(`^https://files\\.example\\.org/${bucket.options.bucket}/`))
  })

  it('a page that the server draws, and a blob of raw pixels, come from the server', async () => {
    expect((await get(path.replace('/file', '/pages/1?width=160'))).status).toBe(200)
    const descriptor = await server.services.blobs.put('objects', new Uint8Array(5000), { mediaType: 'application/vnd.imagedoc.pixels' })
    expect(await server.services.downloads?.linkTo(descriptor, { name: 'pixels' })).toBeUndefined()
  })

  it('a file whose bytes are gone is told of by the server', async () => {
    for (const namespace of ['objects', 'cache'] as const) await server.services.blobs.delete(namespace, digestOf(page))
    expect((await get(path)).status).toBe(500)
  })
})
