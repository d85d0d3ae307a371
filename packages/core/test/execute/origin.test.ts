import { describe, expect, it } from 'vitest'
import { type Artifact, digestOf, type Matrix, mapPoint, type Output } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop } from '../workshop/workshop.ts'

type Workshop = ReturnType<typeof openWorkshop>
const last = async (output: Output | undefined, index = 0): Promise<Artifact> => (output as Output).at(index)
const point = (artifact: Artifact, x: number, y: number): readonly number[] => mapPoint(artifact.origin.matrix as Matrix, [x, y])

describe('the matrix of an artifact', () => {
  it('leads through every geometry step back to the stored grid of the original', async () => {
    await using shop = openWorkshop()
    const file = imageFile({ width: 8, turned: true })
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.crop', { left: 2 })
      .step('test.double')
      .step('test.clean')
      .outputs({ 'p.png': 'test.clean' })
    const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    // 0 in the result is 0/2 + 2 = 2 in the upright image, and 8 - 2 = 6 in the stored one.
    expect(point(await last(outputs['p.png']), 0, 0)).toEqual([6, 2])
  })

  const pipelines = (shop: Workshop, { left = 1, mood = 'calm' } = {}) =>
    shop.imagedoc
      .pipeline()
      .step('test.crop', { left })
      .step('test.flatten', { mood })
      .step('test.double')
      .step('test.clean')
      .step('test.crop', { left: 2 }, { id: 'end', cache: true })
      .outputs({ 'p.png': 'end' })

  it('is the same cold, warm, and from a result that was found by its content', async () => {
    await using shop = openWorkshop()
    const wide = imageFile({ width: 9, turned: true }, (_, index) => index)
    const run = async (at: Parameters<typeof pipelines>[1], file = wide): Promise<readonly number[]> => {
      const { outputs } = await shop.imagedoc.run(pipelines(shop, at), { input: imageInput(file) })
      return point(await last(outputs['p.png']), 0, 0)
    }
    const cold = await run({})
    expect(cold).toEqual([9 - (1 + 2 / 2), 2])
    expect(await run({})).toEqual(cold)
    shop.log.taken()
    expect(await run({ mood: 'wild' })).toEqual(cold)
    expect(shop.log.taken()).toEqual({ crop: 1, flatten: 1 })
    expect(await run({ mood: 'wild' })).toEqual(cold)
    // Another crop of another file gives the same flat image, but lies elsewhere in its original.
    const other = imageFile({ width: 11, turned: true })
    const found = await run({ left: 3 }, other)
    expect(shop.log.taken()).toEqual({ crop: 1, flatten: 1 })
    expect(found).toEqual([11 - (3 + 2 / 2), 2])
    expect(await run({ left: 3 }, other)).toEqual(found)
    expect(shop.log.taken()).toEqual({})
  })

  it('is right for the parts of a page, cold and warm', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.crop', { left: 1 })
      .step('test.split')
      .step('test.crop', { left: 1 }, { id: 'end' })
      .outputs({ 'p.png': 'end' })
    for (const _ of ['cold', 'warm']) {
      const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 9 })) })
      expect(point(await last(outputs['p.png'], 0), 0, 0)).toEqual([2, 0])
      expect(point(await last(outputs['p.png'], 1), 0, 0)).toEqual([6, 0])
    }
  })

  it('of parts found by their content starts from their own document', async () => {
    await using shop = openWorkshop()
    const run = async (left: number): Promise<(readonly number[])[]> => {
      const pipeline = shop.imagedoc
        .pipeline()
        .step('test.crop', { left })
        .step('test.flatten')
        .step('test.split')
        .step('test.clean')
        .outputs({ 'p.png': 'test.clean' })
      const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 4 + left })) })
      return Promise.all([0, 1].map(async (index) => point(await last(outputs['p.png'], index), 0, 0)))
    }
    expect(await run(1)).toEqual([
      [1, 0],
      [3, 0],
    ])
    shop.log.taken()
    expect(await run(5)).toEqual([
      [5, 0],
      [7, 0],
    ])
    expect(shop.log.taken()).toEqual({ crop: 1, flatten: 1 })
    expect(await run(5)).toEqual([
      [5, 0],
      [7, 0],
    ])
    expect(shop.log.taken()).toEqual({})
  })
})

describe('equal pages of two documents', () => {
  const documents = [imageFile({ properties: { owner: 'Ada' } }), imageFile({ properties: { owner: 'Bob' } })]

  it('share a result and still point to their own originals', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.flatten').step('test.clean').outputs({ 'p.png': 'test.clean' })
    for (const file of [...documents, ...documents]) {
      const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
      const artifact = await last(outputs['p.png'])
      expect(artifact.origin.source).toBe(digestOf(file))
      expect(artifact.origin.properties).toEqual({ owner: file === documents[0] ? 'Ada' : 'Bob' })
    }
    expect(shop.log.taken()).toEqual({ flatten: 2, clean: 1 })
  })

  it('keep their own properties in the file that is written of them', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.flatten').step('test.clean').step('test.encode')
    for (const file of [...documents, ...documents]) {
      const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
      const written = readImageFile(await (await last(outputs['test.encode.png'])).bytes())
      expect(written.properties).toEqual(readImageFile(file).properties)
    }
    expect(shop.log.taken()).toEqual({ flatten: 2, clean: 1, encode: 2 })
  })

  it('keep them also behind an expansion', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.split')
      .step('test.clean')
      .step('test.encode')
      .outputs({ 'p.png': 'test.encode', 'q.png': 'test.clean' })
    for (const file of [...documents, ...documents]) {
      const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
      const { properties } = readImageFile(file)
      const written = await last(outputs['p.png'], 1)
      expect(readImageFile(await written.bytes()).properties).toEqual(properties)
      expect(written.origin).toMatchObject({ source: digestOf(file), properties })
      expect((await last(outputs['q.png'], 1)).origin).toMatchObject({ source: digestOf(file), properties })
    }
    // Both strips are equal, too: one of each is enough for every owner.
    expect(shop.log.count('clean')).toBe(1)
    expect(shop.log.count('encode')).toBe(2)
  })

  it('do not show properties to an operation that has no use for them, nor count them in its key', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.clean').step('test.read').step('test.shout')
    for (const file of documents) await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    expect(shop.log.taken()).toMatchObject({ shout: 1 })
  })
})
