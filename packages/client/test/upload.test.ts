import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImageDocError } from '@imagedoc/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../src/index.ts'
import { refuse, startTestServer, type TestServer } from './support/test-server.ts'

const MIB = 2 ** 20
const bytes = randomBytes(20 * MIB)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
let server: TestServer
let client: Client
let folder: string
let path: string
beforeEach(async () => {
  server = await startTestServer()
  client = createClient({ url: server.url, token: 'ids_1' })
  folder = await mkdtemp(join(tmpdir(), 'imagedoc-client-'))
  path = join(folder, 'carta de 1784.pdf')
  await writeFile(path, bytes)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** In pieces of an odd size, as networks give them. */
function streamOf(content: Buffer): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= content.length) return controller.close()
      controller.enqueue(content.subarray(at, at + 65_521))
      at += 65_521
    },
  })
}

const sources = [
  ['a path', () => path],
  ['a file', () => new File([bytes], 'carta de 1784.pdf')],
  ['a stream', () => streamOf(bytes)],
] as const

describe.each(sources)('the upload of %s', (what, source) => {
  const size = what === 'a stream' ? bytes.length : undefined
  const received = (id: string) => server.uploads.all.get(id)

  it('arrives whole, with name and digest where they are known before', async () => {
    const sent = await client.upload(source(), { size })
    expect(sent).toEqual({ id: expect.stringMatching(/^[0-9a-f]{24}$/), size: bytes.length, digest })
    expect(received(sent.id)?.bytes.equals(bytes)).toBe(true)
    expect(received(sent.id)?.metadata).toEqual(what === 'a stream' ? {} : { filename: 'carta de 1784.pdf', digest })
    expect(server.requests.every(({ authorization }) => authorization === 'Bearer ids_1')).toBe(true)
  })

  it('says when only a damaged file is left', async () => {
    const { id } = await client.upload(source(), { size, filename: 'x.pdf', acceptDamaged: true })
    expect(received(id)?.metadata).toMatchObject({ filename: 'x.pdf', acceptDamaged: 'true' })
  })

  it('goes on where the connection broke', async () => {
    server.uploads.cutAt = 11 * MIB
    const { id } = await client.upload(source(), { size, filename: 'x.pdf' })
    expect(received(id)?.bytes.equals(bytes)).toBe(true)
    expect(server.uploads.all.size).toBe(1)
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'PATCH', 'HEAD', 'PATCH', 'PATCH'])
  })

  it('tells its progress up to the last byte', async () => {
    const progress: number[] = []
    await client.upload(source(), {
      size,
      onProgress: ({ sentBytes, totalBytes }) => {
        expect(totalBytes).toBe(bytes.length)
        progress.push(sentBytes)
      },
    })
    expect(progress.at(-1)).toBe(bytes.length)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.length).toBeGreaterThan(3)
  })

  it('goes on in another process by its id', async () => {
    const controller = new AbortController()
    let id = ''
    server.uploads.cutAt = 10 * MIB
    server.intercept = ({ method }) => {
      if (method === 'HEAD') controller.abort()
      return false
    }
    const stopped = client.upload(source(), { size, signal: controller.signal, onCreated: (created) => (id = created) })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(received(id)?.bytes.length).toBeLessThan(bytes.length)
    server.intercept = () => false
    server.requests.length = 0
    expect(await client.upload(source(), { size, resumeFrom: id })).toEqual({ id, size: bytes.length, digest })
    expect(received(id)?.bytes.equals(bytes)).toBe(true)
    expect(server.requests[0]?.method).toBe('HEAD')
  })
})

describe('an upload', () => {
  it('begins anew when the server has forgotten the one to go on with', async () => {
    const { id } = await client.upload(path, { resumeFrom: '0'.repeat(24) })
    expect(server.uploads.all.get(id)?.bytes.equals(bytes)).toBe(true)
  })

  it('fails with the reason for which the server refuses the file, at once', async () => {
    server.intercept = ({ method }, response) =>
      method === 'PATCH' && refuse(response, 422, new ImageDocError('CORRUPT_INPUT', 'The file is damaged.'))
    await expect(client.upload(new Blob(['%PDF-']))).rejects.toMatchObject({ code: 'CORRUPT_INPUT', message: 'The file is damaged.' })
    expect(server.requests).toHaveLength(2)
  })

  it('is tried again when the server says that it will pass', async () => {
    let failures = 1
    server.intercept = ({ method }, response) =>
      method === 'POST' && failures-- > 0 && refuse(response, 503, new ImageDocError('STORE_UNAVAILABLE', 'The database is away.'))
    await client.upload(new Blob(['%PDF-']))
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH'])
  })

  describe('in which nothing moves for two minutes', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
    afterEach(() => void vi.useRealTimers())

    /** Answers nothing to the next request of this method; resolves when it has come. */
    const swallow = (wanted: string): Promise<IncomingMessage> =>
      new Promise((resolve) => {
        server.intercept = (request) => {
          if (request.method !== wanted) return false
          server.intercept = () => false
          resolve(request)
          return true
        }
      })
    /** Two minutes, until the client has given that request up; then the moment after which it asks again. */
    const stall = async (request: IncomingMessage): Promise<void> => {
      const closed = once(request.socket, 'close')
      await vi.advanceTimersByTimeAsync(120_000)
      await closed
      await vi.advanceTimersByTimeAsync(200)
    }

    it('goes on', async () => {
      const swallowed = swallow('PATCH')
      const sending = client.upload(new Blob(['%PDF-']))
      await stall(await swallowed)
      const { id } = await sending
      expect(server.uploads.all.get(id)?.bytes.toString()).toBe('%PDF-')
      expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'HEAD', 'PATCH'])
    })

    it('gives up after five such times', async () => {
      let swallowed = swallow('POST')
      const failing = expect(client.upload(new Blob(['%PDF-']))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', retryable: true })
      for (let times = 0; times < 6; times++) {
        const request = await swallowed
        swallowed = swallow('POST')
        await stall(request)
      }
      await failing
      expect(server.requests.map(({ method }) => method)).toEqual(Array.from({ length: 6 }, () => 'POST'))
    })
  })

  it('of nothing is EMPTY_INPUT, and of what is not there INPUT_MISSING without its folder', async () => {
    await expect(client.upload(new Blob([]))).rejects.toMatchObject({ code: 'EMPTY_INPUT' })
    const error = await client.upload(join(folder, 'none.pdf')).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INPUT_MISSING', message: expect.not.stringContaining(folder) })
    await expect(client.upload(folder)).rejects.toMatchObject({ code: 'INPUT_MISSING' })
    expect(server.requests).toEqual([])
  })

  it('of a stream needs its size, and the right one', async () => {
    await expect(client.upload(streamOf(bytes))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(client.upload(streamOf(bytes), { size: bytes.length + 1 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' })
    await expect(client.upload(streamOf(bytes), { size: bytes.length - 1 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' })
  })

  it('of a file that is cut short meanwhile says so', async () => {
    server.intercept = ({ method }) => {
      if (method === 'POST') void truncate(path, 9 * MIB)
      return false
    }
    await expect(client.upload(path)).rejects.toMatchObject({ code: 'INPUT_MISSING', message: expect.stringContaining('shorter') })
  })

  it('that was aborted before it began sends nothing', async () => {
    await expect(client.upload(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(server.requests).toEqual([])
  })
})

describe('uploadDocument', () => {
  // The test server gives a document's title back as the digest of what it has.
  it('compares the digest of what was sent with what the server has', async () => {
    const options = { collection_id: '0'.repeat(24) }
    expect(await client.uploadDocument(path, { ...options, title: digest })).toMatchObject({ id: 'd1' })
    await expect(client.uploadDocument(path, { ...options, title: 'sha256:other' })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})
