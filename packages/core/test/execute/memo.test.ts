import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textInput } from '../workshop/workshop.ts'

describe('a sub-result of a step', () => {
  it('is asked of the provider once, whatever text it stands in', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.translate', { to: 'de' })
    await shop.imagedoc.run(pipeline, { input: textInput('one two') })
    await shop.imagedoc.run(pipeline, { input: textInput('two three one') })
    expect(shop.provider.calls).toBe(3)
  })

  it('of a single input goes when its original is forgotten', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.translate', { to: 'de' })
    await shop.imagedoc.run(pipeline, { input: textInput('one two') })
    await shop.cache.forget(digestOf(new TextEncoder().encode('one two')))
    expect((await shop.cache.stats()).entries).toBe(0)
  })

  it('of a text that was gathered from pages goes when the original of the pages is forgotten', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.read').step('test.join').step('test.translate', { to: 'de' })
    const file = imageFile({ mediaType: 'image/tiff', pages: 2, width: 2, height: 1 })
    const { status } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    expect([status, shop.provider.calls > 0]).toEqual(['done', true])
    await shop.cache.forget(digestOf(file))
    expect((await shop.cache.stats()).entries).toBe(0)
  })
})
