import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../artifact/digest.ts'
import { PIXELS_MEDIA_TYPE } from '../artifact/kind.ts'
import type { BlobNamespace, BlobStore } from '../ports/blob-store.ts'
import { collected, expectSame, generated, sample, streamOf } from './blob-samples.ts'

/** How the suite makes the store that it examines. */
export interface BlobStoreContract {
  /** An empty store; called before every test. The suite disposes of it. */
  create(): Promise<BlobStore>
  /** Changes stored bytes behind the store's back. Without it the tests of damage are left out. */
  damage?(namespace: BlobNamespace, digest: Digest): Promise<void>
  /** Makes a stored blob look as if it had been put at `date`. Without it the tests of age are left out. */
  age?(namespace: BlobNamespace, digest: Digest, date: Date): Promise<void>
}

const plain = { mediaType: 'application/octet-stream' }
const pixels = { mediaType: PIXELS_MEDIA_TYPE }
const unknown = digestOf('never stored')
const tomorrow = () => new Date(Date.now() + 86_400_000)
const longAgo = new Date('2020-01-01T00:00:00Z')

/** What every BlobStore must do; to be called in a test file. */
export function describeBlobStoreContract(name: string, contract: BlobStoreContract): void {
  describe(`${name} keeps the contract of a blob store`, () => {
    let store: BlobStore
    beforeEach(async () => {
      store = await contract.create()
    })
    afterEach(async () => store[Symbol.asyncDispose]())

    const both = [
      ['files', plain],
      ['raw pixels', pixels],
    ] as const

    describe.each(both)('with %s', (_, type) => {
      it.each([0, 1, 4096, 3_000_001])('gives back %i bytes as they were put', async (size) => {
        const bytes = sample(size)
        const descriptor = await store.put('cache', bytes, type)
        expect(descriptor).toEqual({ ...type, digest: digestOf(bytes), size })
        expectSame(await collected(await store.open(descriptor.digest)), bytes)
        expect(await store.stat(descriptor.digest)).toMatchObject({ size, namespaces: ['cache'] })
      })

      it('takes a stream and finds its digest and size', async () => {
        const bytes = sample(1_000_003)
        const descriptor = await store.put(
          'objects',
          streamOf([bytes.subarray(0, 7), bytes.subarray(7, 600_000), bytes.subarray(600_000)]),
          type,
        )
        expect(descriptor).toEqual({ ...type, digest: digestOf(bytes), size: bytes.length })
        expectSame(await collected(await store.open(descriptor.digest)), bytes)
      })

      it('takes an empty stream', async () => {
        const { digest, size } = await store.put('cache', streamOf([]), type)
        expect({ digest, size }).toEqual({ digest: digestOf(''), size: 0 })
        expect(await collected(await store.open(digest))).toHaveLength(0)
      })

      it('reads ranges, and leaves out what lies behind the end', async () => {
        const bytes = sample(3_000_000)
        const { digest } = await store.put('cache', bytes, type)
        const read = async (range: { start?: number; end?: number }) => collected(await store.open(digest, range))
        expectSame(await read({ start: 10, end: 20 }), bytes.subarray(10, 20))
        expectSame(await read({ start: 2_999_990 }), bytes.subarray(2_999_990))
        expectSame(await read({ end: 1_500_000 }), bytes.subarray(0, 1_500_000))
        expectSame(await read({ start: 2_999_999, end: 9_000_000 }), bytes.subarray(2_999_999))
        expect(await read({ start: 5, end: 5 })).toHaveLength(0)
        expect(await read({ start: 4_000_000 })).toHaveLength(0)
      })

      it('gives pieces to a reader who asks for them, none of them large', async () => {
        const bytes = sample(5_000_000)
        const { digest } = await store.put('cache', bytes, type)
        const pieces = await Array.fromAsync(await store.open(digest, { pieces: true }))
        expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(1024 * 1024)
        expectSame(Buffer.concat(pieces), bytes)
        expectSame(await collected(await store.open(digest, { pieces: true, start: 7, end: 4_000_000 })), bytes.subarray(7, 4_000_000))
      })

      it('carries a stream of 64 MiB both ways', async () => {
        const sha = createHash('sha256')
        const descriptor = await store.put(
          'cache',
          generated(64, (piece) => sha.update(piece)),
          type,
        )
        expect(descriptor).toEqual({ ...type, digest: `sha256:${sha.digest('hex')}`, size: 64 * 1024 * 1024 })
        const back = createHash('sha256')
        for await (const piece of await store.open(descriptor.digest)) back.update(piece)
        expect(`sha256:${back.digest('hex')}`).toBe(descriptor.digest)
      })

      if (contract.damage) {
        const damage = contract.damage.bind(contract)
        it('ends a whole read of damaged bytes in DIGEST_MISMATCH, and drops them from the cache', async () => {
          const bytes = sample(100_000)
          const { digest } = await store.put('cache', bytes, type)
          await damage('cache', digest)
          await expect(store.open(digest).then(collected)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
          expect(await store.stat(digest)).toBeUndefined()
          await store.put('cache', bytes, type)
          expectSame(await collected(await store.open(digest)), bytes)
        })

        it('never gives all pieces of a damaged blob', async () => {
          const bytes = sample(5_000_000)
          const { digest } = await store.put('cache', bytes, type)
          await damage('cache', digest)
          let read = 0
          const reading = async (): Promise<void> => {
            for await (const piece of await store.open(digest, { pieces: true })) read += piece.length
          }
          await expect(reading()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
          expect(read).toBeLessThan(bytes.length)
        })

        it('keeps a damaged object, and heals it when it is put again', async () => {
          const bytes = sample(100_000)
          const { digest } = await store.put('objects', bytes, type)
          await damage('objects', digest)
          await expect(store.open(digest).then(collected)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
          await store.put('objects', bytes, type)
          expectSame(await collected(await store.open(digest)), bytes)
        })
      }
    })

    it('keeps nothing when the bytes are not what was expected', async () => {
      for (const content of [sample(5), streamOf([sample(5)])]) {
        await expect(store.put('objects', content, { ...plain, expect: unknown })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      }
      expect(await store.stat(digestOf(sample(5)))).toBeUndefined()
      expect(await digests(store, 'objects')).toEqual([])
      const kept = await store.put('objects', streamOf([sample(5)]), { ...plain, expect: digestOf(sample(5)) })
      expect(kept.digest).toBe(digestOf(sample(5)))
    })

    it('keeps nothing of a stream that fails', async () => {
      let sent = 0
      const cut = new ReadableStream<Uint8Array>({
        pull: (controller) => (sent++ < 3 ? controller.enqueue(sample(70_000)) : controller.error(new Error('the line went dead'))),
      })
      await expect(store.put('objects', cut, plain)).rejects.toThrow()
      expect(await digests(store, 'objects')).toEqual([])
    })

    it('refuses what is no digest, and a range that is none', async () => {
      const wrong = 'sha256:../../etc/passwd' as Digest
      for (const call of [
        () => store.open(wrong),
        () => store.stat(wrong),
        () => store.promote(wrong),
        () => store.delete('cache', wrong),
        () => store.put('cache', sample(1), { ...plain, expect: wrong }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
      }
      const { digest } = await store.put('cache', sample(10), plain)
      for (const range of [{ start: -1 }, { start: 5, end: 2 }, { start: 0.5 }, { end: Number.NaN }]) {
        await expect(store.open(digest, range)).rejects.toMatchObject({ code: 'USAGE' })
      }
    })

    it('says NOT_FOUND of what is not there, except when it is deleted', async () => {
      await expect(store.open(unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(store.promote(unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await store.stat(unknown)).toBeUndefined()
      await store.delete('cache', unknown)
      await store.delete('objects', unknown)
    })

    it('stops reading when the signal is aborted', async () => {
      const { digest } = await store.put('cache', sample(3_000_000), plain)
      await expect(store.open(digest, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
      const controller = new AbortController()
      const stream = await store.open(digest, { signal: controller.signal, start: 1 })
      controller.abort()
      await expect(collected(stream)).rejects.toMatchObject({ code: 'CANCELLED' })
    })

    it('does not leave a reader waiting whose signal is aborted while the blob is opened', async () => {
      const { digest } = await store.put('cache', sample(2_000_000), plain)
      for (const turns of [0, 1, 2, 3, 5, 8]) {
        const gone = new AbortController()
        const reading = store.open(digest, { signal: gone.signal, pieces: true }).then(collected)
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        gone.abort()
        await reading.catch((error: unknown) => expect(error).toMatchObject({ code: 'CANCELLED' }))
      }
    })

    it('lets a reader stop half way', async () => {
      const { digest } = await store.put('cache', sample(5_000_000), pixels)
      const reader = (await store.open(digest, { start: 1 })).getReader()
      expect((await reader.read()).done).toBe(false)
      await reader.cancel()
      await (await store.open(digest)).cancel()
      expect(await store.stat(digest)).toMatchObject({ size: 5_000_000 })
    })

    it('lets a reader finish what is deleted meanwhile', async () => {
      const bytes = sample(5_000_000)
      const { digest } = await store.put('cache', bytes, plain)
      const stream = await store.open(digest)
      await store.delete('cache', digest)
      await expect(store.open(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expectSame(await collected(stream), bytes)
    })

    it('promotes a cached blob to an owned one, which outlives it and which it outlives', async () => {
      for (const type of [plain, pixels]) {
        for (const [first, second] of [['cache', 'objects'] as const, ['objects', 'cache'] as const]) {
          const bytes = sample(1000, `${first}${type.mediaType}`)
          const { digest } = await store.put('cache', bytes, type)
          await store.promote(digest)
          await store.promote(digest)
          expect((await store.stat(digest))?.namespaces.toSorted()).toEqual(['cache', 'objects'])
          await store.delete(first, digest)
          expect((await store.stat(digest))?.namespaces).toEqual([second])
          expectSame(await collected(await store.open(digest)), bytes)
        }
      }
    })

    it('lists in order of digest, and resumes behind one', async () => {
      const put = await Promise.all(Array.from({ length: 30 }, (_, i) => store.put('cache', sample(10, `${i}`), i % 2 ? plain : pixels)))
      await store.put('objects', sample(11), plain)
      const wanted = put.map(({ digest }) => digest).sort()
      expect(await digests(store, 'cache')).toEqual(wanted)
      expect(await digests(store, 'cache', wanted[12])).toEqual(wanted.slice(13))
      const none = []
      for await (const digest of store.list('cache', { olderThan: longAgo })) none.push(digest)
      expect(none).toEqual([])
    })

    it('lists a blob once that was put as pixels and as a file', async () => {
      const bytes = sample(999)
      const { digest } = await store.put('objects', bytes, pixels)
      await store.put('objects', bytes, plain)
      expect(await digests(store, 'objects')).toEqual([digest])
      await store.delete('objects', digest)
      expect(await store.stat(digest)).toBeUndefined()
    })

    if (contract.age) {
      const age = contract.age.bind(contract)
      it.each(['cache', 'objects'] as const)('makes an old blob in %s young when it is put again', async (namespace) => {
        for (const content of [() => sample(50), () => streamOf([sample(50)])]) {
          const { digest } = await store.put(namespace, sample(50), plain)
          await age(namespace, digest, longAgo)
          expect((await store.stat(digest))?.refreshedAt).toEqual(longAgo)
          expect(await digests(store, namespace, undefined, new Date('2021-01-01'))).toEqual([digest])
          await store.put(namespace, content(), plain)
          expect(Date.now() - (await store.stat(digest))!.refreshedAt.getTime()).toBeLessThan(60_000)
        }
      })
    }

    it('lets many write the same blob at once, and read it meanwhile', async () => {
      const bytes = sample(2_000_000)
      const digest = digestOf(bytes)
      const write = (i: number) => store.put('cache', i % 2 ? bytes : streamOf([bytes]), pixels)
      const read = async () => {
        const stream = await store.open(digest).catch((error) => {
          expect(error).toMatchObject({ code: 'NOT_FOUND' })
        })
        if (stream) expectSame(await collected(stream), bytes)
      }
      await Promise.all(Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? read() : write(i))))
      expectSame(await collected(await store.open(digest)), bytes)
      expect(await digests(store, 'cache')).toEqual([digest])
    })
  })
}

// biome-ignore lint/complexity/useMaxParams: a test reads better without an object
async function digests(store: BlobStore, namespace: BlobNamespace, after?: Digest, olderThan = tomorrow()): Promise<Digest[]> {
  return Array.fromAsync(store.list(namespace, after === undefined ? { olderThan } : { olderThan, after }))
}
