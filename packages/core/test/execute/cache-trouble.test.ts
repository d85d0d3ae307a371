import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createFileBlobStore, createMemoryResultCache, ImageDocError, type Output, type ResultCache } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textInput } from '../workshop/workshop.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function blobFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-test-'))
  folders.push(folder)
  return folder
}

/** Pixels too large to stand in a record. */
const large = imageFile({ width: 1000, height: 400 })
const down = async (): Promise<never> => {
  throw new ImageDocError('CACHE_UNAVAILABLE', 'Nobody answers.')
}

describe('a cache that fails', () => {
  it.each([
    ['to read', { get: down }],
    ['to write', { put: down }],
    ['to lock', { lease: down }],
    ['altogether', { get: down, put: down, lease: down }],
  ])('%s is a miss and one diagnostic, never a failure', async (_, broken) => {
    const cache: ResultCache = { ...createMemoryResultCache(), ...broken }
    await using shop = openWorkshop({ cache })
    const pipeline = shop.imagedoc.pipeline().step('test.words').step('test.shout').step('test.join')
    const result = await shop.imagedoc.run(pipeline, { input: textInput('a b c d') })
    expect(result.status).toBe('done')
    const found = result.diagnostics.filter(({ code }) => code === 'CACHE_UNAVAILABLE')
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ severity: 'warning', message: expect.stringContaining('Nobody answers.') })
  })
})

describe('results whose bytes are gone', () => {
  it('are computed again', async () => {
    const path = await blobFolder()
    await using blobs = createFileBlobStore({ path })
    await using shop = openWorkshop({ blobs })
    const pipeline = shop.imagedoc.pipeline().step('test.clean').outputs({ 'p.png': 'test.clean' })
    await shop.imagedoc.run(pipeline, { input: imageInput(large) })
    await rm(path, { recursive: true })
    const { status, outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(large) })
    expect(status).toBe('done')
    expect(readImageFile(await (await (outputs['p.png'] as Output).one()).bytes()).pixels[0]).toBe(2)
    expect(shop.log.count('clean')).toBe(2)
  })

  it('are computed again when they are lost or damaged after they were found', async () => {
    for (const harm of ['lost', 'damaged'] as const) {
      const path = await blobFolder()
      await using blobs = createFileBlobStore({ path })
      await using shop = openWorkshop({ blobs })
      const pipeline = (by: string) => shop.imagedoc.pipeline().step('test.pages').step('test.clean').step('test.read', { separator: by })
      const input = imageInput(imageFile({ width: 1000, height: 400, mediaType: 'image/tiff', pages: 2 }))
      await shop.imagedoc.run(pipeline(' '), { input })
      await harmBlobs(path, harm)
      const { status, error } = await shop.imagedoc.run(pipeline(','), { input })
      expect([status, error]).toEqual(['done', undefined])
    }
  })

  it('of an output that nobody has read yet are made again when it is read', async () => {
    const path = await blobFolder()
    await using blobs = createFileBlobStore({ path })
    await using shop = openWorkshop({ blobs })
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.clean').outputs({ 'p.png': 'test.clean' })
    const input = imageInput(imageFile({ width: 1000, height: 400, mediaType: 'image/tiff', pages: 2 }))
    await shop.imagedoc.run(pipeline, { input })
    const { outputs } = await shop.imagedoc.run(pipeline, { input })
    await harmBlobs(path, 'lost')
    expect(readImageFile(await (await (outputs['p.png'] as Output).at(1)).bytes()).pixels[0]).toBe(3)
  })
})

async function harmBlobs(path: string, harm: 'lost' | 'damaged'): Promise<void> {
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(0)
  for (const entry of files) {
    const file = join(entry.parentPath, entry.name)
    if (harm === 'lost') await rm(file)
    else await writeFile(file, (await readFile(file)).fill(1, 20))
  }
}

describe('two runs at once', () => {
  it('compute what both need only once', async () => {
    await using shop = openWorkshop()
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    shop.log.before = (operation) => {
      if (operation !== 'clean') return undefined
      begun.resolve()
      return gate.promise
    }
    const pipeline = shop.imagedoc.pipeline().step('test.add').step('test.clean').outputs({ 'p.png': 'test.clean' })
    const first = shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    await begun.promise
    const second = shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    gate.resolve()
    const results = await Promise.all([first, second])
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(shop.log.count('clean')).toBe(1)
    expect(results.map(({ receipt }) => receipt.steps[1]?.cache).sort()).toEqual(['hit', 'miss'])
  })

  it('go on when the one that computes fails', async () => {
    await using shop = openWorkshop()
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let times = 0
    shop.log.before = async (operation) => {
      if (operation !== 'shout' || ++times > 1) return
      begun.resolve()
      await gate.promise
      throw new Error('The first one breaks.')
    }
    const pipeline = shop.imagedoc.pipeline().step('test.shout')
    const first = shop.imagedoc.run(pipeline, { input: textInput('x') })
    await begun.promise
    const second = shop.imagedoc.run(pipeline, { input: textInput('x') })
    gate.resolve()
    expect((await first).status).toBe('failed')
    expect((await second).status).toBe('done')
  })
})
