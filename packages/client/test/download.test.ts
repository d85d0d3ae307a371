import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImageDocError } from '@imagedoc/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient as createBrowserClient } from '../src/browser/index.ts'
import { type Client, createClient } from '../src/index.ts'
import { refuse, startTestServer, type TestServer } from './support/test-server.ts'

const id = '0123456789abcdef01234567'
const bytes = randomBytes(3 * 2 ** 20)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const
let server: TestServer
let client: Client
let folder: string
beforeEach(async () => {
  server = await startTestServer()
  server.file = { bytes, etag: `"${digest}"`, disposition: `attachment; filename="Acucar_.pdf"; filename*=UTF-8''A%C3%A7%C3%BAcar.pdf` }
  client = createClient({ url: server.url, token: 'ids_1' })
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-client-'))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Ends the connection when a part of the file is out. */
function cutOnce(after: number): void {
  let cuts = 1
  server.intercept = (_, response) => {
    if (cuts-- <= 0) return false
    response.writeHead(200, { 'Content-Type': 'application/pdf', 'Content-Length': bytes.length, ETag: `"${digest}"` })
    response.write(bytes.subarray(0, after), () => response.socket?.destroy())
    return true
  }
}

describe('download', () => {
  it('gives bytes, type, size, name and digest', async () => {
    const { stream, ...about } = await client.download({ id })
    expect(about).toEqual({ mediaType: 'application/pdf', size: bytes.length, name: 'Açúcar.pdf', digest })
    expect(Buffer.from(await new Response(stream).arrayBuffer()).equals(bytes)).toBe(true)
    expect(server.requests).toEqual([{ method: 'GET', url: `/documents/${id}/file`, authorization: 'Bearer ids_1' }])
  })

  it('gives a range', async () => {
    const { stream, size } = await client.download(id, { range: { start: 10, end: 19 } })
    expect(size).toBe(10)
    expect(Buffer.from(await new Response(stream).arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
  })

  it('finds what a version brought', async () => {
    await client.download(id, { output: { version: 2, name: 'páginas.pdf', page: '2' } })
    expect(server.requests[0]?.url).toBe(`/documents/${id}/versions/2/p%C3%A1ginas.pdf?page=2`)
  })

  it.each([
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    [String.raw`attachment; filename="..\\..\\evil.exe"`, 'evil.exe'],
    ["attachment; filename*=UTF-8''%2e%2e%2f", 'document'],
    ["attachment; filename*=UTF-8''%zz.pdf", '%zz.pdf'],
    ['', 'document'],
  ])('names the file without folders: %s', async (disposition, name) => {
    server.file = { ...server.file, disposition }
    expect((await client.download(id)).name).toBe(name)
  })

  it('that breaks off in the middle fails as calls do', async () => {
    cutOnce(2 ** 20)
    const { stream } = await client.download(id)
    await expect(new Response(stream).arrayBuffer()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    cutOnce(2 ** 20)
    await expect(client.pageImage(id, { page: 1 })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  })

  it('fails as calls do', async () => {
    server.intercept = (_, response) => refuse(response, 404, new ImageDocError('NOT_FOUND', 'There is no such document.'))
    await expect(client.download(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    server.intercept = (request) => Boolean(request.socket.destroy())
    await expect(client.download(id)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  })
})

describe('downloadTo', () => {
  it('saves the file under its name and nothing beside it', async () => {
    const path = join(folder, 'page.pdf')
    await writeFile(path, 'older')
    expect(await client.downloadTo(id, path)).toEqual({
      path,
      mediaType: 'application/pdf',
      size: bytes.length,
      name: 'Açúcar.pdf',
      digest,
    })
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(await readdir(folder)).toEqual(['page.pdf'])
  })

  it('goes on where the connection broke', async () => {
    cutOnce(2 ** 20)
    const path = join(folder, 'page.pdf')
    await client.downloadTo(id, path)
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(server.requests).toHaveLength(2)
  })

  it('leaves what is there when the bytes are not those of the digest', async () => {
    server.file = { ...server.file, bytes: Buffer.from(bytes).fill(0, 0, 1) }
    const path = join(folder, 'page.pdf')
    await writeFile(path, 'older')
    await expect(client.downloadTo(id, path)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await readFile(path, 'utf8')).toBe('older')
    expect(await readdir(folder)).toEqual(['page.pdf'])
  })

  it('does not join two files when the one on the server was replaced', async () => {
    cutOnce(2 ** 20)
    server.file = { ...server.file, etag: `"sha256:${'0'.repeat(64)}"` }
    await expect(client.downloadTo(id, join(folder, 'page.pdf'))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await readdir(folder)).toEqual([])
  })

  it('stops when it is aborted, and leaves nothing', async () => {
    const controller = new AbortController()
    server.intercept = (_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length, ETag: `"${digest}"` })
      response.write(bytes.subarray(0, 2 ** 20), () => controller.abort())
      return true
    }
    await expect(client.downloadTo(id, join(folder, 'page.pdf'), { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('names no folder when it cannot write there', async () => {
    const error = await client.downloadTo(id, join(folder, 'none', 'page.pdf')).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'OUTPUT_UNWRITABLE', retryable: false, message: expect.not.stringContaining(folder) })
    expect(server.requests).toEqual([])
  })

  it('is refused where there are no files', async () => {
    await expect(createBrowserClient({ url: server.url }).downloadTo(id, 'page.pdf')).rejects.toMatchObject({
      code: 'UNSUPPORTED_BY_DRIVER',
    })
  })
})

describe('pageImage', () => {
  it('gives a page as a blob', async () => {
    const page = await client.pageImage({ id }, { page: 3, width: 320 })
    expect(page.size).toBe(bytes.length)
    expect(server.requests[0]?.url).toBe(`/documents/${id}/pages/3?width=320`)
  })
})
