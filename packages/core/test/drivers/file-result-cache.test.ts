import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, open, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/artifact/digest.ts'
import { createFileBlobStore } from '../../src/drivers/file-blob-store.ts'
import { createFileResultCache } from '../../src/drivers/file-result-cache.ts'
import { describeResultCacheContract } from '../../src/testing/index.ts'
import { keyOf, recordOf } from './sample-record.ts'

let root: string
let path: string
let time = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-results-'))
})
afterAll(async () => rm(root, { recursive: true }))

function cacheAt(folder: string, maxBytes = 1e9) {
  const blobs = createFileBlobStore({ path: folder })
  return { blobs, cache: createFileResultCache({ path: folder, blobs, maxBytes, now: () => time }) }
}
async function fresh(maxBytes?: number) {
  path = await mkdtemp(join(root, 'cache-'))
  return cacheAt(path, maxBytes)
}
const fileOf = (key: string) => join(path, 'results', key.slice(0, 2), key)

describeResultCacheContract('the file result cache', {
  create: async () => (await fresh()).cache,
  another: async () => cacheAt(path).cache,
  pass: async (ms) => {
    time += ms
  },
  async damage(key) {
    const handle = await open(fileOf(key), 'r+')
    await handle.write(Buffer.from([0xff, 0x00, 0xff, 0x00]), 0, 4, 900)
    await handle.close()
  },
})

describe('the file result cache', () => {
  const png = { mediaType: 'image/png' }
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)

  it('stays within its bound, and keeps what was used last', async () => {
    const { cache } = await fresh(100_000)
    for (let i = 0; i < 9; i++) {
      await cache.put(keyOf(`${i}`), recordOf(10_000), {})
      await utimes(fileOf(keyOf(`${i}`)), hoursAgo(20 - i), hoursAgo(20 - i))
    }
    expect(await cache.get(keyOf('0'))).toBeDefined()
    await cache.put(keyOf('new'), recordOf(30_000), {})
    const { bytes } = await cache.stats()
    expect(bytes).toBeLessThanOrEqual(90_000)
    const kept = await Promise.all(['0', '1', '2', '8', 'new'].map((key) => cache.get(keyOf(key))))
    expect(kept.map((record) => record !== undefined)).toEqual([true, false, false, true, true])
  })

  it('counts the blobs it refers to, frees their room, and takes a record without its blob for a miss', async () => {
    const { cache, blobs } = await fresh(1_000_000)
    for (let i = 0; i < 8; i++) {
      const blob = await blobs.put('cache', new Uint8Array(300_000).fill(i), png)
      await cache.put(keyOf(`${i}`), recordOf(blob), {})
      const file = join(path, 'cache', blob.digest.slice(7, 9), blob.digest.slice(7))
      for (const each of [file, fileOf(keyOf(`${i}`))]) await utimes(each, hoursAgo(20 - i), hoursAgo(20 - i)).catch(() => {})
      await cache.stats()
    }
    expect((await cache.stats()).bytes).toBeLessThanOrEqual(1_000_000)
    const kept = await Promise.all(Array.from({ length: 8 }, async (_, i) => (await cache.get(keyOf(`${i}`))) !== undefined))
    expect(kept.slice(0, 4)).toEqual([false, false, false, false])
    expect(kept.slice(6)).toEqual([true, true])
  })

  it('makes a record and its blob young when they are used', async () => {
    const { cache, blobs } = await fresh()
    const blob = await blobs.put('cache', new Uint8Array(500), png)
    await cache.put(keyOf('a'), recordOf(blob), {})
    const file = join(path, 'cache', blob.digest.slice(7, 9), blob.digest.slice(7))
    for (const each of [file, fileOf(keyOf('a'))]) await utimes(each, hoursAgo(5), hoursAgo(5))
    await cache.get(keyOf('a'))
    expect((await blobs.stat(blob.digest))!.refreshedAt.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  it('takes a record for a hit whose blob is only among the objects', async () => {
    const { cache, blobs } = await fresh()
    const blob = await blobs.put('objects', new Uint8Array(500), png)
    await cache.put(keyOf('a'), recordOf(blob), {})
    expect(await cache.get(keyOf('a'))).toEqual(recordOf(blob))
  })

  it('forgets the cached blobs of an original, and never an object', async () => {
    const { cache, blobs } = await fresh()
    const book = digestOf('book')
    const cached = await blobs.put('cache', new Uint8Array(500), png)
    const owned = await blobs.put('objects', new Uint8Array(600), png)
    await cache.put(keyOf('a'), recordOf(cached, [book]), {})
    await cache.put(keyOf('b'), recordOf(owned, [book]), {})
    expect(await cache.forget(book)).toBe(2)
    expect(await blobs.stat(cached.digest)).toBeUndefined()
    expect(await blobs.stat(owned.digest)).toBeDefined()
  })

  it('clears the cached blobs, and never an object', async () => {
    const { cache, blobs } = await fresh()
    await blobs.put('cache', new Uint8Array(500), png)
    const owned = await blobs.put('objects', new Uint8Array(600), png)
    await cache.clear()
    expect(await cache.stats()).toEqual({ entries: 0, bytes: 0 })
    expect(await blobs.stat(owned.digest)).toBeDefined()
  })

  it('takes a record under the name of another for a miss', async () => {
    const { cache } = await fresh()
    await cache.put(keyOf('a'), recordOf(10), {})
    await mkdir(dirname(fileOf(keyOf('b'))), { recursive: true })
    await copyFile(fileOf(keyOf('a')), fileOf(keyOf('b')))
    expect(await cache.get(keyOf('b'))).toBeUndefined()
    expect(await readdir(dirname(fileOf(keyOf('b'))))).toEqual([])
  })

  it('is unavailable, without naming the path, where it cannot write', async () => {
    const file = join(root, 'no-folder')
    await writeFile(file, '')
    const cache = createFileResultCache({ path: file })
    const error = await cache.put(keyOf('a'), recordOf(10), {}).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CACHE_UNAVAILABLE', message: expect.not.stringContaining(root) })
    expect(await cache.get(keyOf('a'))).toBeUndefined()
  })

  it('stays whole and within its bound while other processes write, evict and are killed', async () => {
    const { cache } = await fresh(4_000_000)
    const start = (mode: string) =>
      spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'writer.ts'), mode, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
    const steady = [start('rounds'), start('rounds')]
    const doomed = start('endless')
    await once(doomed.stdout, 'data')
    doomed.kill('SIGKILL')
    const ended = Promise.all(steady.map((child) => once(child, 'exit')))
    let running = true
    void ended.then(() => {
      running = false
    })
    let hits = 0
    while (running) {
      for (let i = 0; i < 50; i++) {
        const record = await cache.get(keyOf(`${i}`))
        if (!record || !('descriptor' in record.output)) continue
        hits++
        const { inline, descriptor } = record.output
        expect(inline ? digestOf(inline) : descriptor.digest).toBe(descriptor.digest)
      }
    }
    expect((await ended).map(([code]) => code)).toEqual([0, 0])
    expect(hits).toBeGreaterThan(0)
    await cache.put(keyOf('last'), recordOf(10), {})
    expect((await cache.stats()).bytes).toBeLessThanOrEqual(4_000_000)
  })
})
