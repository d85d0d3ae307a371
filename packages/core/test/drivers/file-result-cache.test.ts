import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createFileBlobStore } from '../../src/drivers/file-blob-store.ts'
import { createFileResultCache } from '../../src/drivers/file-result-cache.ts'
import { describeResultCacheContract } from '../../src/testing/index.ts'

let root: string
let path: string
let time = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-results-'))
})
afterAll(async () => rm(root, { recursive: true }))

const cacheAt = (folder: string) => createFileResultCache({ path: folder, blobs: createFileBlobStore({ path: folder }), now: () => time })

describeResultCacheContract('the file result cache', {
  async create() {
    path = await mkdtemp(join(root, 'cache-'))
    return cacheAt(path)
  },
  another: async () => cacheAt(path),
  pass: async (ms) => {
    time += ms
  },
  async damage(key) {
    const handle = await open(join(path, 'results', key.slice(0, 2), key), 'r+')
    await handle.write(Buffer.from([0xff, 0x00, 0xff, 0x00]), 0, 4, 900)
    await handle.close()
  },
})
