import { inspect } from 'node:util'
import { type BlobStore, digestOf, isImageDocError } from '@imagedoc/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createS3BlobStore } from '../../../src/drivers/s3/blob-store.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'
import { type BadLine, startProxy } from '../../support/s3-proxy.ts'

requireS3()

const plain = { mediaType: 'application/octet-stream' }
const MIB = 1024 ** 2
const sample = (size: number): Uint8Array => new Uint8Array(Buffer.alloc(size, 'the quick brown fox jumps over the lazy dog, '))
const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  ReadableStream.from([bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) as ReadableStream<Uint8Array>
const collected = async (stream: ReadableStream<Uint8Array>) => Buffer.concat(await Array.fromAsync(stream))

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server behind a bad line', () => {
  let bucket: TestBucket
  let proxy: BadLine
  let store: BlobStore
  beforeEach(async () => {
    bucket = testBucket()
    proxy = await startProxy(bucket.options.endpoint ?? '')
    store = createS3BlobStore(bucket.connect({ endpoint: proxy.url }))
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  describe('the S3 blob store puts', () => {
    it.each([
      ['cache', { status: 500 }],
      ['cache', { cut: 'request' }],
      ['cache', { cut: 'answer' }],
      ['objects', { status: 503 }],
      ['objects', { cut: 'answer' }],
    ] as const)('a blob into %s although there is once %j', async (namespace, fault) => {
      proxy.spoil(/^PUT/, fault)
      const bytes = sample(3_000_001)
      const { digest } = await store.put(namespace, bytes, plain)
      expect(digest).toBe(digestOf(bytes))
      expect((await collected(await store.open(digest))).equals(bytes)).toBe(true)
    })

    it.each([
      [/uploadId=.*partNumber=2|partNumber=2.*uploadId=/, { status: 500 }],
      [/partNumber=2/, { cut: 'request' }],
      [/^POST .*uploads/, { status: 500 }],
      [/^POST .*uploadId=/, { status: 500 }],
      [/^POST .*uploadId=/, { cut: 'answer' }],
      [/^PUT .*CopyObject/, { cut: 'answer' }],
    ] as const)('a long stream although at %s there is once %j', async (match, fault) => {
      proxy.spoil(match, fault)
      const bytes = sample(20 * MIB)
      const { digest } = await store.put('objects', streamOf(bytes), plain)
      expect(proxy.seen.filter((line) => match.test(line)).length).toBeGreaterThan(1)
      expect((await collected(await store.open(digest))).equals(bytes)).toBe(true)
      expect(await bucket.keys()).toEqual([`objects/${digest.slice(7, 9)}/${digest.slice(7)}`])
    })

    it.each([
      ['the server fails for good', /^PUT/, { status: 500 }],
      ['the line is cut each time', /^PUT/, { cut: 'request' }],
      ['the end is never reached', /^POST .*uploadId=/, { status: 500 }],
      ['the copy fails', /^PUT .*CopyObject/, { status: 500 }],
    ] as const)('nothing, and says STORE_FAILED, when %s', async (_, match, fault) => {
      proxy.spoil(match, fault, 100)
      for (const content of [sample(20 * MIB), sample(500)].map(streamOf)) {
        const outcome = await store.put('objects', content, plain).catch((error: unknown) => error)
        if (isImageDocError(outcome)) expect(outcome).toMatchObject({ code: 'STORE_FAILED', retryable: true })
      }
      const stored = (await bucket.keys()).filter((key) => !key.endsWith(digestOf(sample(500)).slice(7)))
      expect(stored).toEqual([])
      expect(await bucket.unfinished()).toEqual([])
    })
  })

  describe('the S3 blob store opens', () => {
    it.each([
      ['one piece', 3_000_001, 'cut'],
      ['one piece', 3_000_001, 'silent'],
      ['many', 40 * MIB, 'cut'],
    ] as const)('a blob of %s (%i bytes) and goes on where the answer ended: %s', async (_, size, half) => {
      const bytes = sample(size)
      const { digest } = await store.put('cache', bytes, plain)
      await using reader = createS3BlobStore(bucket.connect({ endpoint: proxy.url, timeoutMs: half === 'silent' ? 1500 : 30_000 }))
      proxy.spoil(/^GET/, { half })
      expect((await collected(await reader.open(digest))).equals(bytes)).toBe(true)
      expect(proxy.seen.filter((line) => line.startsWith('GET'))).toHaveLength(2)
    })

    it('a blob where it was last seen, without asking elsewhere first, and wherever else it is when it is gone from there', async () => {
      const { digest } = await store.put('cache', sample(100), plain)
      await store.promote(digest)
      const other = createS3BlobStore(bucket.connect({ endpoint: proxy.url }))
      const asked = async (blobs: BlobStore) => {
        const before = proxy.seen.length
        expect(await collected(await blobs.open(digest))).toHaveLength(100)
        return proxy.seen.slice(before).map((line) => /cache|objects/.exec(line)?.[0])
      }
      expect(await asked(store)).toEqual(['objects'])
      await other.delete('cache', digest)
      expect([await asked(other), await asked(other)]).toEqual([['cache', 'objects'], ['objects']])
      await other.put('cache', sample(100), plain)
      await store.delete('objects', digest)
      expect([await asked(store), await asked(store)]).toEqual([['objects', 'cache'], ['cache']])
      await other[Symbol.asyncDispose]()
    })

    it('a range, and packed pixels, across a cut', async () => {
      const bytes = sample(3_000_001)
      const type = { mediaType: 'application/vnd.imagedoc.pixels' }
      const { digest } = await store.put('cache', bytes, type)
      const other = await store.put('objects', bytes.subarray(1), plain)
      proxy.spoil(/^GET/, { half: 'cut' }, 2)
      expect((await collected(await store.open(digest, { start: 10, end: 2_000_000 }))).equals(bytes.subarray(10, 2_000_000))).toBe(true)
      expect((await collected(await store.open(other.digest, { start: 9 }))).equals(bytes.subarray(10))).toBe(true)
    })

    it('a blob although the server fails once, and not when it always does', async () => {
      const { digest } = await store.put('objects', sample(1000), plain)
      proxy.spoil(/^GET .*objects/, { status: 500 })
      expect(await collected(await store.open(digest))).toHaveLength(1000)
      proxy.spoil(/^GET .*objects/, { status: 500 }, 3)
      await expect(store.open(digest)).rejects.toMatchObject({ code: 'STORE_FAILED', retryable: true })
    })

    it('a blob that is put once more while it is read, across a cut', async () => {
      const bytes = sample(40 * MIB)
      const { digest } = await store.put('objects', streamOf(bytes), { ...plain, expect: digestOf(bytes) })
      proxy.spoil(/^GET .*objects/, { half: 'cut' })
      const whole = await store.open(digest)
      const range = await store.open(digest, { start: 10 })
      // In one request, and so under another tag than what went there in parts.
      await store.put('objects', bytes, plain)
      expect((await collected(whole)).equals(bytes)).toBe(true)
      expect((await collected(range)).equals(bytes.subarray(10))).toBe(true)
    })

    it('nothing of what was put in its place', async () => {
      const { digest } = await store.put('objects', sample(3_000_001), plain)
      const stream = await store.open(digest, { start: 10 })
      await using connection = bucket.connect()
      const Key = connection.key(`objects/${digest.slice(7, 9)}/${digest.slice(7)}`)
      await (await connection.client()).putObject({ Bucket: connection.bucket, Key, Body: sample(5) })
      await expect(collected(stream)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    })

    it('nothing whose answers all break off: the stream ends in an error, and the blob stays', async () => {
      const { digest } = await store.put('cache', sample(3_000_001), plain)
      proxy.spoil(/^GET/, { cut: 'answer' }, 100)
      await expect(store.open(digest).then(collected)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(await store.stat(digest)).toBeDefined()
    })

    it('no wrong bytes when an answer was shortened on its way', async () => {
      const { digest } = await store.put('objects', sample(3_000_001), plain)
      proxy.spoil(/^GET .*objects/, { half: 'shortened' })
      await expect(store.open(digest).then(collected)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(await collected(await store.open(digest))).toHaveLength(3_000_001)
    })

    it('a blob that waits, and ends at once when its reader gives up', async () => {
      const { digest } = await store.put('cache', sample(40 * MIB), plain)
      proxy.spoil(/^GET/, { half: 'silent' }, 100)
      const controller = new AbortController()
      const stream = await store.open(digest, { signal: controller.signal })
      const reading = collected(stream)
      controller.abort()
      await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    })
  })

  describe('the S3 blob store promotes', () => {
    it.each([{ status: 500 }, { cut: 'request' }, { cut: 'answer' }] as const)('although there is once %j', async (fault) => {
      const { digest } = await store.put('cache', sample(1000), plain)
      proxy.spoil(/^PUT .*CopyObject/, fault)
      await store.promote(digest)
      expect((await store.stat(digest))?.namespaces).toEqual(['cache', 'objects'])
    })

    it.each([500, 412, 409])('nothing when the server says %i for good, and does not ask for ever', async (status) => {
      const { digest } = await store.put('cache', sample(1000), plain)
      proxy.spoil(/^PUT .*CopyObject/, { status }, Number.POSITIVE_INFINITY)
      await expect(store.promote(digest)).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect((await store.stat(digest))?.namespaces).toEqual(['cache'])
    })
  })

  it('tells of a failure without the credentials', async () => {
    const { credentials } = bucket.options
    const secretAccessKey = 'not-the-secret-of-this-server'
    const refused = createS3BlobStore(bucket.connect({ credentials: { ...credentials, secretAccessKey } }))
    const away = createS3BlobStore(bucket.connect({ endpoint: 'http://127.0.0.1:9' }))
    for (const [blobs, retryable] of [
      [refused, false],
      [away, true],
    ] as const) {
      const error = await blobs.open(digestOf('x')).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'STORE_FAILED', retryable })
      const text = inspect(error, { depth: 20, showHidden: true })
      for (const secret of [secretAccessKey, credentials.secretAccessKey, 'Signature=']) expect(text).not.toContain(secret)
      await blobs[Symbol.asyncDispose]()
    }
  })
})
