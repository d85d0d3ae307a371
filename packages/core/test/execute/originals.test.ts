import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop } from '../workshop/workshop.ts'

const page = imageFile({ width: 2, height: 1 }, () => 10)
const logo = imageFile({ width: 2, height: 1 }, () => 3)
const book = imageFile({ mediaType: 'image/tiff', pages: 2, width: 2, height: 1 })
/** Other bytes, the same pixels. */
const copy = imageFile({ mediaType: 'image/tiff', pages: 2, width: 2, height: 1, density: 300, properties: { title: 'copy' } })
const letter = imageFile({ mediaType: 'image/tiff', width: 2, height: 1 }, () => 40)

describe('the originals of a result', () => {
  it('are those of every input, also when it stands on one from the cache', async () => {
    await using shop = openWorkshop()
    const stamped = shop.imagedoc
      .pipeline()
      .input('logo', 'image')
      .step('test.stamp', {}, { from: { page: 'input', mark: 'logo' }, cache: true })
    const inputs = { input: imageInput(page), logo: imageInput(logo) }
    await shop.imagedoc.run(stamped, inputs)
    const further = stamped.step('test.clean').outputs({ 'p.png': 'test.clean' })
    expect((await shop.imagedoc.run(further, inputs)).receipt.steps.map((step) => step.cache)).toEqual(['hit', 'miss'])
    // Made from both, so from none of them alone.
    expect([await shop.cache.forget(digestOf(page)), await shop.cache.forget(digestOf(logo))]).toEqual([0, 0])
  })

  it('are those of this run where equal pages of another document gave the result', async () => {
    await using shop = openWorkshop()
    const joined = shop.imagedoc.pipeline().step('test.pages').step('test.read').step('test.join', {}, { cache: true })
    await shop.imagedoc.run(joined, { input: imageInput(book) })
    const before = (await shop.cache.stats()).entries
    const { receipt } = await shop.imagedoc.run(joined.step('test.shout', {}, { cache: true }), { input: imageInput(copy) })
    expect(receipt.steps.slice(-2).map((step) => step.cache)).toEqual(['hit', 'miss'])
    expect((await shop.cache.stats()).entries).toBeGreaterThan(before)
    await shop.cache.forget(digestOf(copy))
    expect((await shop.cache.stats()).entries).toBe(before)
  })

  it('of pages from a manifest are those of their own file, of what gathers a list those of all files', async () => {
    await using shop = openWorkshop()
    const read = shop.imagedoc.pipeline().step('test.pages').step('test.clean')
    const listed = { input: [imageInput(book), imageInput(letter)] }
    await shop.imagedoc.run(read.step('test.read').step('test.join', {}, { cache: true }), listed)
    const gathered = (await shop.cache.stats()).entries
    await shop.imagedoc.run(read.step('test.read').step('test.join', {}, { cache: true }).step('test.shout', {}, { cache: true }), listed)
    const shouted = (await shop.cache.stats()).entries - gathered
    expect(shouted).toBeGreaterThan(0)
    const forgotten = (await shop.cache.forget(digestOf(letter))) + (await shop.cache.forget(digestOf(book)))
    // What was joined from both files, and what was made of that, is from none of them alone.
    expect((await shop.cache.stats()).entries).toBe(gathered + shouted - forgotten)
    const again = await shop.imagedoc.run(read.outputs({ 'p.png': 'test.clean' }), listed)
    expect(again.receipt.steps.map((step) => step.cache)).toEqual(['miss', 'miss'])
  })
})
