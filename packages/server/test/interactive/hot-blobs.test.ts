import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobStore, createFileBlobStore } from '@imagedoc/core'
import { describeBlobStoreContract } from '@imagedoc/core/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createHotBlobs } from '../../src/interactive/hot-blobs.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-hot-'))
})
afterAll(() => rm(root, { recursive: true }))
afterEach(() => void vi.useRealTimers())

const files = async (): Promise<BlobStore> => createFileBlobStore({ path: await mkdtemp(join(root, 'store-')) })
const plain = { mediaType: 'application/octet-stream' }
const bytesOf = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(Buffer.concat(await Array.fromAsync(stream)))

describeBlobStoreContract('blobs in memory before files', { create: async () => createHotBlobs(await files()) })

/** A store that says what it was asked. */
async function watched(): Promise<{ store: BlobStore; asked: string[] }> {
  const store = await files()
  const asked: string[] = []
  return {
    asked,
    store: {
      ...store,
      open: (...rest) => {
        asked.push('open')
        return store.open(...rest)
      },
      stat: (digest) => {
        asked.push('stat')
        return store.stat(digest)
      },
    },
  }
}

describe('blobs in memory before files', () => {
  const page = new Uint8Array(1000).fill(7)

  it('a small one that was read is neither found nor read again, for a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { store, asked } = await watched()
    await using blobs = createHotBlobs(store, { ttlMs: 1000 })
    const { digest } = await blobs.put('cache', page, plain)
    expect(await bytesOf(await blobs.open(digest))).toEqual(page)
    asked.length = 0
    expect(await bytesOf(await blobs.open(digest))).toEqual(page)
    expect(await blobs.stat(digest)).toMatchObject({ size: 1000, namespaces: ['cache'] })
    expect(asked).toEqual([])
    vi.advanceTimersByTime(1001)
    await blobs.stat(digest)
    expect(asked).toEqual(['stat'])
  })

  it('that one is there is asked once, until it is put, promoted or deleted; that it is not there, each time', async () => {
    const { store, asked } = await watched()
    await using blobs = createHotBlobs(store)
    const { digest } = await blobs.put('cache', page, plain)
    for (let time = 0; time < 3; time++) expect(await blobs.stat(digest)).toMatchObject({ namespaces: ['cache'] })
    expect(asked).toEqual(['stat'])
    await blobs.promote(digest)
    expect((await blobs.stat(digest))?.namespaces.toSorted()).toEqual(['cache', 'objects'])
    await blobs.delete('cache', digest)
    expect(await blobs.stat(digest)).toMatchObject({ namespaces: ['objects'] })
    await blobs.delete('objects', digest)
    for (let time = 0; time < 2; time++) expect(await blobs.stat(digest)).toBeUndefined()
    expect(asked).toHaveLength(5)
  })

  it('a large one, and a part of one, come from the store', async () => {
    const { store, asked } = await watched()
    await using blobs = createHotBlobs(store)
    const large = await blobs.put('cache', new Uint8Array(13 * 2 ** 20), plain)
    for (let time = 0; time < 2; time++) await bytesOf(await blobs.open(large.digest))
    const small = await blobs.put('cache', page, plain)
    for (let time = 0; time < 2; time++) expect((await bytesOf(await blobs.open(small.digest, { start: 1, end: 3 }))).length).toBe(2)
    expect(asked.filter((call) => call === 'open')).toHaveLength(4)
  })

  it('the one that was not used the longest goes first when there are too many bytes', async () => {
    const { store, asked } = await watched()
    await using blobs = createHotBlobs(store, { maxBytes: 2500 })
    const digests = await Promise.all(
      [1, 2, 3].map(
        async (value) =>
          (
            await blobs.put(
              'cache',
              page.map(() => value),
              plain,
            )
          ).digest,
      ),
    )
    const [first, second, third] = digests as [(typeof digests)[0], (typeof digests)[0], (typeof digests)[0]]
    for (const digest of [first, second, first, third] as const) await bytesOf(await blobs.open(digest as never))
    asked.length = 0
    await bytesOf(await blobs.open(first as never))
    expect(asked).toEqual([])
    await bytesOf(await blobs.open(second as never))
    expect(asked).toContain('open')
  })

  it('one that is deleted is gone from memory, too', async () => {
    await using blobs = createHotBlobs(await files())
    const { digest } = await blobs.put('cache', page, plain)
    await bytesOf(await blobs.open(digest))
    await blobs.delete('cache', digest)
    await expect(blobs.open(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await blobs.stat(digest)).toBeUndefined()
  })
})
