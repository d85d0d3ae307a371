import { mkdtemp, open, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { Digest } from '../../src/artifact/digest.ts'
import { createFileBlobStore } from '../../src/drivers/file-blob-store.ts'
import { describeBlobStoreContract } from '../../src/testing/index.ts'

let root: string
let path: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-blobs-'))
})
afterAll(async () => rm(root, { recursive: true }))

async function fileOf(namespace: string, digest: Digest): Promise<string> {
  const hex = digest.slice('sha256:'.length)
  const plain = join(path, namespace, hex.slice(0, 2), hex)
  return stat(plain).then(
    () => plain,
    () => `${plain}.zst`,
  )
}

describeBlobStoreContract('the file blob store', {
  async create() {
    path = await mkdtemp(join(root, 'store-'))
    return createFileBlobStore({ path })
  },
  async damage(namespace, digest) {
    const handle = await open(await fileOf(namespace, digest), 'r+')
    await handle.write(Buffer.from([0xff, 0x00, 0xff, 0x00]), 0, 4, 400)
    await handle.close()
  },
  age: async (namespace, digest, date) => utimes(await fileOf(namespace, digest), date, date),
})
