import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../src/artifact/digest.ts'
import { PIXELS_MEDIA_TYPE } from '../../src/artifact/kind.ts'
import { createFileBlobStore } from '../../src/drivers/file-blob-store.ts'
import { describeBlobStoreContract } from '../../src/testing/index.ts'

let root: string
let path: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-blobs-'))
})
afterAll(async () => rm(root, { recursive: true }))

async function freshStore() {
  path = await mkdtemp(join(root, 'store-'))
  return createFileBlobStore({ path })
}

async function fileOf(namespace: string, digest: Digest): Promise<string> {
  const hex = digest.slice('sha256:'.length)
  const plain = join(path, namespace, hex.slice(0, 2), hex)
  return stat(plain).then(
    () => plain,
    () => `${plain}.zst`,
  )
}

async function overwrite(file: string, at: number, bytes: number[]): Promise<void> {
  const handle = await open(file, 'r+')
  await handle.write(Buffer.from(bytes), 0, bytes.length, at)
  await handle.close()
}

describeBlobStoreContract('the file blob store', {
  create: freshStore,
  damage: async (namespace, digest) => overwrite(await fileOf(namespace, digest), 400, [0xff, 0x00, 0xff, 0x00]),
  age: async (namespace, digest, date) => utimes(await fileOf(namespace, digest), date, date),
})

describe('the file blob store', () => {
  const pixels = { mediaType: PIXELS_MEDIA_TYPE }
  const plain = { mediaType: 'image/png' }

  it('compresses raw pixels on the disk, and nothing else', async () => {
    const store = await freshStore()
    const page = new Uint8Array(5_000_000)
    await store.put('cache', page, pixels)
    await store.put('cache', page.subarray(1), plain)
    const kept = await Array.fromAsync(store.cached(), ({ packed, bytes }) => ({ packed, small: bytes < 5000 }))
    expect(kept).toContainEqual({ packed: true, small: true })
    expect(kept).toContainEqual({ packed: false, small: false })
  })

  it('gives a page in one piece', async () => {
    const store = await freshStore()
    for (const type of [plain, pixels]) {
      const { digest } = await store.put('cache', new Uint8Array(30_000_000).fill(type === plain ? 1 : 2), type)
      const pieces = await Array.fromAsync(await store.open(digest), (piece) => piece.length)
      expect(pieces).toEqual([30_000_000])
    }
  })

  it.each([
    ['the header of packed pixels', 3, [0]],
    ['the size in the header', 10, [1]],
    ['the packed bytes', 40, [0xaa, 0xbb, 0xcc]],
  ])('notices damage to %s', async (_, at, bytes) => {
    const store = await freshStore()
    const { digest } = await store.put(
      'cache',
      Uint8Array.from({ length: 10_000 }, (_, i) => (i * i) >> 4),
      pixels,
    )
    await overwrite(await fileOf('cache', digest), at, bytes)
    await expect(store.open(digest).then((stream) => Array.fromAsync(stream))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await readdir(join(path, 'cache', digest.slice(7, 9)))).toEqual([])
  })

  it.each([plain, pixels])('notices a file that was cut off ($mediaType), also behind 64 MiB', async (type) => {
    const store = await freshStore()
    for (const size of [10_000, 70_000_000]) {
      const { digest } = await store.put('cache', new Uint8Array(Buffer.alloc(size, randomBytes(10_000))), type)
      const handle = await open(await fileOf('cache', digest), 'r+')
      await handle.truncate(Math.floor((await handle.stat()).size / 2))
      await handle.close()
      await expect(store.open(digest).then((stream) => Array.fromAsync(stream, (piece) => piece.length))).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
      })
      expect(await store.stat(digest)).toBeUndefined()
    }
  })

  it.each([plain, pixels])('carries 512 MiB both ways without holding them in memory ($mediaType)', async (type) => {
    const store = await freshStore()
    const block = new Uint8Array(1024 * 1024).fill(9)
    let made = 0
    let peak = 0
    const watch = () => {
      const { arrayBuffers } = process.memoryUsage()
      peak = Math.max(peak, arrayBuffers)
    }
    const before = process.memoryUsage().arrayBuffers
    const content = new ReadableStream<Uint8Array>({
      pull(controller) {
        watch()
        if (made++ === 512) controller.close()
        else controller.enqueue(block)
      },
    })
    const { digest, size } = await store.put('cache', content, type)
    for await (const piece of await store.open(digest)) {
      watch()
      expect(piece.length).toBeLessThanOrEqual(1024 * 1024)
    }
    expect(size).toBe(512 * 1024 * 1024)
    expect(peak - before).toBeLessThan(200 * 1024 * 1024)
  })

  it('keeps nothing of a blob whose writer is killed, and sweeps what that left behind when it is a day old', async () => {
    const store = await freshStore()
    const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'writer.ts'), 'blob', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for (let wrote = 0; wrote < 5; wrote++) await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await Array.fromAsync(store.list('objects', { olderThan: new Date(Date.now() + 1e6) }))).toEqual([])
    const left = await readdir(join(path, 'tmp'))
    expect(left).toHaveLength(1)

    await createFileBlobStore({ path }).put('cache', new Uint8Array(1), plain)
    expect(await readdir(join(path, 'tmp'))).toEqual(left)
    const yesterday = new Date(Date.now() - 25 * 3_600_000)
    await utimes(join(path, 'tmp', left[0]!), yesterday, yesterday)
    await createFileBlobStore({ path }).put('cache', new Uint8Array(2), plain)
    expect(await readdir(join(path, 'tmp'))).toEqual([])
  })

  it('fails with STORE_FAILED, and without the path, where it cannot write', async () => {
    const file = join(root, 'no-folder')
    await writeFile(file, '')
    const store = createFileBlobStore({ path: file })
    for (const content of [new Uint8Array(1), ReadableStream.from([new Uint8Array(1)]) as ReadableStream<Uint8Array>]) {
      const error = await store.put('cache', content, plain).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.not.stringContaining(root) })
    }
    await expect(store.open(digestOf('x'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps the cached blobs within a bound of its own, the last used ones, and never drops an object', async () => {
    path = await mkdtemp(join(root, 'store-'))
    const blobs = createFileBlobStore({ path, maxCachedBytes: 1_000_000 })
    const owned = await blobs.put('objects', new Uint8Array(2_000_000), plain)
    const cached: Digest[] = []
    for (let i = 0; i < 12; i++) {
      const { digest } = await blobs.put('cache', new Uint8Array(100_000).fill(i + 1), plain)
      cached.push(digest)
      await blobs[Symbol.asyncDispose]()
      const hoursAgo = new Date(Date.now() - (20 - i) * 3_600_000)
      await utimes(await fileOf('cache', digest), hoursAgo, hoursAgo)
      for await (const _ of await blobs.open(cached[0]!));
    }
    const kept = await Array.fromAsync(blobs.cached(), (entry) => entry.digest)
    expect(kept.length).toBeLessThanOrEqual(10)
    expect(kept).toContain(cached[0])
    expect(kept).toContain(cached[11])
    expect(kept).not.toContain(cached[1])
    expect(await blobs.stat(owned.digest)).toBeDefined()
  })

  it('leaves strange files alone', async () => {
    const store = await freshStore()
    const { digest } = await store.put('cache', new Uint8Array(5), plain)
    await writeFile(join(path, 'cache', 'README'), 'not a blob')
    await writeFile(join(path, 'cache', digest.slice(7, 9), 'notes.txt'), 'not a blob')
    expect(await Array.fromAsync(store.cached(), (entry) => entry.digest)).toEqual([digest])
  })
})
