import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/artifact/digest.ts'
import { createFileBlobStore, createImageDoc, createMemoryResultCache, type Source } from '../../src/index.ts'
import { TEST_IMAGE, testImage } from '../../src/testing/faults/codec.ts'
import faults from '../../src/testing/faults/module.ts'

const folder = await mkdtemp(join(tmpdir(), 'imagedoc-large-files-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const blobsPath = join(folder, 'blobs')
/** More than goes to a child in a message; one page, which is handed on as it is. */
const file = testImage({ width: 3000, height: 3000 }, (_, index) => index % 251)
const digest = digestOf(file)
const pipeline = {
  version: 1 as const,
  steps: [{ use: 'fault.pages' }, { use: 'fault.file', cache: false }],
  outputs: { 'file.json': 'fault.file' },
}

describe('a large image file whose page is handed on untouched', () => {
  const blobs = createFileBlobStore({ path: blobsPath })
  const imagedoc = createImageDoc({ plugins: [faults()], isolation: 'children', children: 1, blobs, cache: createMemoryResultCache() })
  afterAll(() => imagedoc[Symbol.asyncDispose]())
  const input: Source = {
    name: 'large',
    descriptor: { mediaType: TEST_IMAGE, digest, size: file.length },
    open: async () => ReadableStream.from([file.subarray(0, 5_000_000), file.subarray(5_000_000)]),
  }
  const sizeOf = async (options: { cache?: boolean } = {}) => {
    const { outputs, error } = await imagedoc.run(pipeline, { input }, options)
    if (error) throw error
    return JSON.parse(new TextDecoder().decode(await (await outputs['file.json']?.at(0))?.bytes()))
  }

  it('is stored by its own digest, and the next step gets the same file', async () => {
    expect(await sizeOf()).toMatchObject({ mediaType: TEST_IMAGE, width: 3000, size: file.length })
    expect(await blobs.stat(digest)).toMatchObject({ size: file.length, namespaces: ['cache'] })
  })

  it('is stored again when the stored bytes turn out to be damaged', async () => {
    const [stored = ''] = (await readdir(blobsPath, { recursive: true })).filter((name) => name.includes(digest.slice('sha256:'.length)))
    const handle = await open(join(blobsPath, stored), 'r+')
    await handle.write(Uint8Array.of(1, 2, 3), 0, 3, 4_000_000)
    await handle.close()
    expect(await sizeOf()).toMatchObject({ size: file.length })
    expect(await blobs.stat(digest)).toMatchObject({ size: file.length })
    expect(Buffer.concat(await Array.fromAsync(await blobs.open(digest))).equals(file)).toBe(true)
  })

  it('comes through without the cache, too', async () => {
    expect(await sizeOf({ cache: false })).toMatchObject({ width: 3000, size: file.length })
  })
})
