import { randomBytes } from 'node:crypto'
import { type Digest, PIXELS_MEDIA_TYPE } from '@imagedoc/core'
import { describeBlobStoreContract } from '@imagedoc/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createS3BlobStore } from '../../../src/drivers/s3/blob-store.ts'
import { copy } from '../../../src/drivers/s3/copy.ts'
import { head } from '../../../src/drivers/s3/object.ts'
import { noS3, requireS3, type TestBucket, testBucket } from '../../support/s3.ts'

requireS3()

const MIB = 1024 ** 2

describe.skipIf(noS3)(noS3 ?? 'with a real S3 server', () => {
  let bucket: TestBucket
  afterEach(() => bucket[Symbol.asyncDispose]())
  const keyOf = (namespace: string, digest: Digest) => `${namespace}/${digest.slice(7, 9)}/${digest.slice(7)}`

  const { age } = testBucket()
  describeBlobStoreContract('the S3 blob store', {
    async create() {
      bucket = testBucket()
      return createS3BlobStore(bucket.connect())
    },
    damage: (namespace, digest) => bucket.damage(keyOf(namespace, digest)),
    ...(age && { age: (namespace, digest, date) => bucket.age!(keyOf(namespace, digest), date) }),
  })

  const plain = { mediaType: 'image/png' }

  it('copies by parts what is too large for one call, with all that is said of it', async () => {
    bucket = testBucket()
    await using connection = bucket.connect()
    const client = await connection.client()
    const [from, to] = ['from', 'to'].map((path) => connection.key(path)) as [string, string]
    const bytes = randomBytes(11 * MIB + 3)
    await client.putObject({ Bucket: connection.bucket, Key: from, Body: bytes })
    const found = await head(connection, from)
    const limits = { whole: 5 * MIB, part: 5 * MIB }
    await copy(connection, found!, { to: { key: to, mediaType: 'image/tiff', metadata: { 'imagedoc-size': '7' } }, limits })
    const copied = await client.getObject({ Bucket: connection.bucket, Key: to })
    expect(copied).toMatchObject({ ContentType: 'image/tiff', Metadata: { 'imagedoc-size': '7' } })
    expect(bytes.equals((await copied.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true)
    // The object that was described is not there any more.
    await client.putObject({ Bucket: connection.bucket, Key: from, Body: 'another' })
    await expect(copy(connection, found!, { to: { key: to, mediaType: 'a/b', metadata: {} }, limits })).rejects.toThrow()
    expect(await bucket.unfinished()).toEqual([])
  })

  it.each([plain, { mediaType: PIXELS_MEDIA_TYPE }])(
    'carries 200 MiB both ways without holding them in memory ($mediaType)',
    async (type) => {
      bucket = testBucket()
      await using store = createS3BlobStore(bucket.connect())
      const block = new Uint8Array(randomBytes(MIB))
      let made = 0
      let peak = 0
      const before = process.memoryUsage().arrayBuffers
      const watch = () => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      }
      const content = new ReadableStream<Uint8Array>({
        pull(controller) {
          watch()
          if (made++ === 200) controller.close()
          else controller.enqueue(block)
        },
      })
      const { digest, size } = await store.put('cache', content, type)
      for await (const _ of await store.open(digest)) watch()
      expect(size).toBe(200 * MIB)
      expect(peak - before).toBeLessThan(100 * MIB)
    },
  )

  it('serves others while a hundred readers wait in the middle of theirs', async () => {
    bucket = testBucket()
    await using store = createS3BlobStore(bucket.connect())
    const { digest } = await store.put('cache', randomBytes(MIB), plain)
    const waiting = await Promise.all(Array.from({ length: 100 }, () => store.open(digest)))
    expect(await store.stat(digest)).toMatchObject({ size: MIB })
    await Promise.all(waiting.map((stream) => stream.cancel()))
  })

  it('compresses raw pixels in the bucket, and nothing else', async () => {
    bucket = testBucket()
    await using connection = bucket.connect()
    const store = createS3BlobStore(connection)
    const page = new Uint8Array(1_000_000)
    const packed = await store.put('cache', page, { mediaType: PIXELS_MEDIA_TYPE })
    const kept = await store.put('cache', page.subarray(1), plain)
    const stored = async (digest: Digest) => (await head(connection, connection.key(keyOf('cache', digest))))?.stored
    expect(await stored(packed.digest)).toBeLessThan(1000)
    expect(await stored(kept.digest)).toBe(999_999)
  })

  it('keeps the type of a file with it', async () => {
    bucket = testBucket()
    await using connection = bucket.connect()
    const store = createS3BlobStore(connection)
    const { digest } = await store.put('cache', new Uint8Array(5), plain)
    await store.promote(digest)
    for (const namespace of ['cache', 'objects']) {
      expect(await head(connection, connection.key(keyOf(namespace, digest)))).toMatchObject({ mediaType: 'image/png' })
    }
  })
})
