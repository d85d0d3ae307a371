import { describe, expect, it } from 'vitest'
import { formatPageId, type Receipt } from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { createEventLog, imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

const threePages = imageFile({ mediaType: 'image/tiff', pages: 3 })
const outcomes = (receipt: Receipt): Record<string, string> => Object.fromEntries(receipt.steps.map(({ id, cache }) => [id, cache]))
const pagesOf = (receipt: Receipt, id: string): Receipt['steps'][number]['pages'] | undefined =>
  receipt.steps.find((step) => step.id === id)?.pages

const chain = ({ imagedoc }: ReturnType<typeof openWorkshop>, by = '|'): ReturnType<typeof build> => build(imagedoc, by)
const build = (imagedoc: ReturnType<typeof openWorkshop>['imagedoc'], by: string) =>
  imagedoc.pipeline().step('test.pages').step('test.add').step('test.clean').step('test.read').step('test.join', { by })

describe('a run with a cache', () => {
  it('computes everything the first time', async () => {
    await using shop = openWorkshop()
    const { status, outputs, receipt } = await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    expect(status).toBe('done')
    expect(await textOf(await outputs['test.join.txt']!.one())).toBe('3 3 3 3 3 3 3 3|4 4 4 4 4 4 4 4|5 5 5 5 5 5 5 5')
    expect(shop.log.taken()).toEqual({ pages: 3, add: 3, clean: 3, read: 3, join: 1 })
    expect(outcomes(receipt)).toEqual({
      'test.pages': 'miss',
      'test.add': 'miss',
      'test.clean': 'miss',
      'test.read': 'miss',
      'test.join': 'miss',
    })
    expect(pagesOf(receipt, 'test.clean')).toEqual({ hit: 0, miss: 3, skipped: 0, failed: 0 })
  })

  it('touches nothing upstream of what it has the second time', async () => {
    await using shop = openWorkshop()
    const first = await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    shop.log.taken()
    const second = await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    expect(shop.log.taken()).toEqual({})
    expect(outcomes(second.receipt)).toEqual({
      'test.pages': 'hit',
      'test.add': 'unused',
      'test.clean': 'unused',
      'test.read': 'unused',
      'test.join': 'hit',
    })
    expect(second.receipt.steps.map(({ key }) => key)).toEqual(first.receipt.steps.map(({ key }) => key))
    expect(second.receipt.outputs).toEqual(first.receipt.outputs)
  })

  it('resumes a changed step from the nearest result that was kept', async () => {
    await using shop = openWorkshop()
    await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    shop.log.taken()
    const { receipt, outputs } = await shop.imagedoc.run(chain(shop, '-'), { input: imageInput(threePages) })
    expect(shop.log.taken()).toEqual({ read: 3, join: 1 })
    expect(outcomes(receipt)).toEqual({
      'test.pages': 'hit',
      'test.add': 'unused',
      'test.clean': 'hit',
      'test.read': 'miss',
      'test.join': 'miss',
    })
    expect(await textOf(await outputs['test.join.txt']!.one())).toContain('3-4')
  })

  it('works on one page when one page of many has changed', async () => {
    await using shop = openWorkshop()
    const fill = (changed: boolean) => (page: number, index: number) => page * 10 + (changed && page === 2 && index === 0 ? 5 : 0)
    const many = (changed: boolean): Uint8Array => imageFile({ mediaType: 'image/tiff', pages: 12 }, fill(changed))
    await shop.imagedoc.run(chain(shop), { input: imageInput(many(false)) })
    shop.log.taken()
    const { receipt } = await shop.imagedoc.run(chain(shop), { input: imageInput(many(true)) })
    expect(shop.log.taken()).toMatchObject({ add: 1, clean: 1, join: 1 })
    expect(outcomes(receipt)).toMatchObject({ 'test.pages': 'miss', 'test.clean': 'mixed', 'test.add': 'miss' })
    expect(pagesOf(receipt, 'test.clean')).toEqual({ hit: 11, miss: 1, skipped: 0, failed: 0 })
  })

  it('goes on from a byte-identical intermediate although a step above it changed', async () => {
    await using shop = openWorkshop()
    const pipeline = (mood: string) =>
      shop.imagedoc.pipeline().step('test.flatten', { mood }).step('test.clean').outputs({ 'a.png': 'test.clean' })
    await shop.imagedoc.run(pipeline('calm'), { input: imageInput(imageFile()) })
    expect(shop.log.taken()).toEqual({ flatten: 1, clean: 1 })
    const changed = await shop.imagedoc.run(pipeline('wild'), { input: imageInput(imageFile()) })
    expect(shop.log.taken()).toEqual({ flatten: 1 })
    expect(outcomes(changed.receipt)).toEqual({ 'test.flatten': 'miss', 'test.clean': 'hit' })
    await shop.imagedoc.run(pipeline('wild'), { input: imageInput(imageFile()) })
    expect(shop.log.taken()).toEqual({})
  })

  it('shares results between pages with equal pixels of different documents', async () => {
    await using shop = openWorkshop()
    await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    shop.log.taken()
    const five = imageFile({ mediaType: 'image/tiff', pages: 5 })
    await shop.imagedoc.run(chain(shop), { input: imageInput(five) })
    expect(shop.log.taken()).toMatchObject({ add: 2, clean: 2 })
  })

  it('neither reads nor writes when the run says so', async () => {
    await using shop = openWorkshop()
    await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) }, { cache: false })
    expect(await shop.cache.stats()).toMatchObject({ entries: 0 })
    await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) })
    shop.log.taken()
    const { receipt } = await shop.imagedoc.run(chain(shop), { input: imageInput(threePages) }, { cache: false })
    expect(shop.log.taken()).toEqual({ pages: 3, add: 3, clean: 3, read: 3, join: 1 })
    expect(outcomes(receipt)).toMatchObject({ 'test.pages': 'miss', 'test.join': 'miss' })
  })

  it('keeps what a step says should be kept, and leaves out what it says should not', async () => {
    await using shop = openWorkshop()
    const steps = [
      { use: 'test.add', cache: true },
      { use: 'test.clean', cache: false },
      { use: 'test.crop', with: { left: 1 } },
    ]
    const run = (left: number) =>
      shop.imagedoc.run(
        { version: 1, steps: steps.with(2, { use: 'test.crop', with: { left } } as never) },
        { input: imageInput(imageFile()) },
      )
    await run(1)
    shop.log.taken()
    const { receipt } = await run(2)
    expect(shop.log.taken()).toEqual({ clean: 1, crop: 1 })
    expect(outcomes(receipt)).toEqual({ 'test.add': 'hit', 'test.clean': 'miss', 'test.crop': 'miss' })
  })

  it('replays diagnostics of what it takes from the cache, with the page they are about now', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.clean', { by: 0 }).step('test.split').step('test.read')
    const codes = async (): Promise<string[]> => {
      const { diagnostics } = await shop.imagedoc.run(pipeline, { input: imageInput(threePages) })
      return diagnostics.map(({ code, step, page }) => `${code} ${step} ${page && formatPageId(page).replace(/^.*\//, '')}`).sort()
    }
    const first = await codes()
    expect(first).toEqual([
      'CUT test.split 1a',
      'CUT test.split 1b',
      'CUT test.split 2a',
      'CUT test.split 2b',
      'CUT test.split 3a',
      'CUT test.split 3b',
      'NOTHING_TO_CLEAN test.clean 1',
      'NOTHING_TO_CLEAN test.clean 2',
      'NOTHING_TO_CLEAN test.clean 3',
      'OPENED test.pages 1',
    ])
    const second = await codes()
    expect(second.filter((code) => !code.startsWith('NOTHING'))).toEqual(first.filter((code) => !code.startsWith('NOTHING')))
  })

  it('keeps sub-results of an operation: the same word is not asked for twice', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.translate', { to: 'de' })
    await shop.imagedoc.run(pipeline, { input: textInput('one two one') })
    expect(shop.provider.calls).toBe(2)
    await shop.imagedoc.run(pipeline, { input: textInput('two three') })
    expect(shop.provider.calls).toBe(3)
  })

  it('does not take a result that another model of the engine made', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.translate', { to: 'de' })
    await shop.imagedoc.run(pipeline, { input: textInput('one') })
    const model = { ...shop.provider, model: 'model-2' }
    await using other = openWorkshop({ provider: model, cache: shop.cache })
    const { outputs } = await other.imagedoc.run(other.imagedoc.pipeline().step('test.translate', { to: 'de' }), {
      input: textInput('one'),
    })
    expect(model.calls).toBe(2)
    expect(await textOf(await outputs['test.translate.txt']!.one())).toBe('ONE')
  })

  it('gives an image output that comes from the cache byte for byte', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.add', { by: 3 }).outputs({ 'page.png': 'test.add', 'page.tiff': 'test.add' })
    const first = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) })
    const seen = createEventLog()
    const second = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile()) }, seen)
    expect(shop.log.taken()).toEqual({ add: 1 })
    for (const name of ['page.png', 'page.tiff']) {
      const bytes = await (await second.outputs[name]!.one()).bytes()
      expect(bytes).toEqual(await (await first.outputs[name]!.one()).bytes())
      expect(readImageFile(bytes).pixels).toEqual(Array(8).fill(4))
    }
    expect(seen.ofType('cache-hit')).toMatchObject([{ step: 'test.add' }])
  })
})
