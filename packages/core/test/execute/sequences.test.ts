import { describe, expect, it } from 'vitest'
import { digestOf, formatPageId, type Output } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { jitter } from '../workshop/log.ts'
import { imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

const tiff = (pages: number): Uint8Array => imageFile({ mediaType: 'image/tiff', pages })
const texts = async (output: Output): Promise<string[]> => Promise.all((await Array.fromAsync(output)).map(textOf))
const ids = (output: Output): string[] => output.entries().map((entry) => formatPageId(entry.page))
const named = (file: Uint8Array, ...names: string[]): string[] => names.map((name) => `${digestOf(file).slice(7, 19)}/${name}`)

/** The same numbers on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

describe('sequences', () => {
  it('give every page an id of its own, and parts below pages', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.split').step('test.read')
    const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(tiff(2)) })
    const output = outputs['test.read.txt'] as Output
    expect(ids(output)).toEqual(named(tiff(2), '1a', '1b', '2a', '2b'))
    expect(await texts(output)).toEqual(['1 1 1 1', '1 1 1 1', '2 2 2 2', '2 2 2 2'])
  })

  it('name the parts of parts by the part that they are of', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.split', { strips: 2 })
      .step('test.split', { strips: 2 }, { id: 'again' })
      .step('test.read')
    const file = imageFile({ mediaType: 'image/tiff', pages: 2, height: 1 }, (page, index) => page * 10 + index)
    const { outputs } = await shop.imagedoc.run(pipeline, { input: imageInput(file) })
    const output = outputs['test.read.txt'] as Output
    expect(ids(output)).toEqual(named(file, ...[1, 2].flatMap((page) => ['a.a', 'a.b', 'b.a', 'b.b'].map((part) => `${page}${part}`))))
    expect(await texts(output)).toEqual(['0', '1', '2', '3', '10', '11', '12', '13'])
  })

  it('keep their order, whichever page is done first', async () => {
    await using shop = openWorkshop({ concurrency: 7 })
    const random = seeded(7)
    shop.log.before = () => jitter(random)
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.add').step('test.read').step('test.join')
    const { outputs } = await shop.imagedoc.run(pipeline, {
      input: imageInput(imageFile({ mediaType: 'image/tiff', pages: 25, width: 1, height: 1 })),
    })
    expect(await textOf(await (outputs['test.join.txt'] as Output).one())).toBe(Array.from({ length: 25 }, (_, page) => page + 2).join('|'))
    const read = shop.log.order.filter((entry) => entry.startsWith('read'))
    expect(read).not.toEqual(read.toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5))))
  })

  it('never have more pages in work than the window allows', async () => {
    await using shop = openWorkshop({ concurrency: 3 })
    const random = seeded(3)
    shop.log.before = () => jitter(random)
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.add').step('test.clean').step('test.read')
    const { status } = await shop.imagedoc.run(pipeline, { input: imageInput(tiff(20)) })
    expect(status).toBe('done')
    expect(shop.log.peak).toBeLessThanOrEqual(3)
    expect(shop.log.peak).toBeGreaterThan(1)
  })

  it('join two results of the same pages', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages')
      .step('test.add', { by: 10 })
      .step('test.stamp', {}, { from: { page: 'test.pages', mark: 'test.add' } })
      .step('test.read')
    const { outputs } = await shop.imagedoc.run(pipeline, {
      input: imageInput(imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })),
    })
    expect(await texts(outputs['test.read.txt'] as Output)).toEqual(['12', '14', '16'])
  })

  it('join two expansions by page id, never by position', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.pages', {}, { id: 'forward' })
      .step('test.pages', { reverse: true }, { id: 'backward', from: 'input' })
      .step('test.stamp', {}, { id: 'both', from: { page: 'forward', mark: 'backward' } })
      .step('test.read')
    const { outputs } = await shop.imagedoc.run(pipeline, {
      input: imageInput(imageFile({ mediaType: 'image/tiff', pages: 3, width: 1, height: 1 })),
    })
    expect(await texts(outputs['test.read.txt'] as Output)).toEqual(['4', '4', '4'])
  })

  it('refuse to join pages that are not the same, whichever side has more', async () => {
    await using shop = openWorkshop()
    for (const [wide, narrow] of [
      [3, 2],
      [2, 3],
    ] as const) {
      const pipeline = shop.imagedoc
        .pipeline()
        .step('test.split', { strips: wide }, { id: 'a' })
        .step('test.split', { strips: narrow }, { id: 'b', from: 'input' })
        .step('test.stamp', {}, { from: { page: 'a', mark: 'b' } })
        .step('test.read')
      const { status, error } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 6 })) })
      expect(status).toBe('failed')
      expect(error).toMatchObject({ code: 'PAGES_MISMATCH', path: 'steps[2]' })
    }
  })

  it('refuse to gather sequences of different pages side by side', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .step('test.split', { strips: 3 }, { id: 'a' })
      .step('test.split', { strips: 2 }, { id: 'b', from: 'input' })
      .step('test.read')
      .step('test.collate', {}, { from: { pages: 'a', texts: 'test.read' } })
    const { error } = await shop.imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 6 })) })
    expect(error).toMatchObject({ code: 'PAGES_MISMATCH', path: 'steps[3]' })
  })

  it('let a single artifact join with every page', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc
      .pipeline()
      .input('logo', 'image')
      .step('test.pages')
      .step('test.stamp', {}, { from: { page: 'test.pages', mark: 'logo' } })
      .step('test.read')
    const small = { width: 1, height: 1 }
    const logo = imageInput(imageFile(small, () => 100))
    const { outputs } = await shop.imagedoc.run(pipeline, {
      input: imageInput(imageFile({ ...small, mediaType: 'image/tiff', pages: 3 })),
      logo,
    })
    expect(await texts(outputs['test.read.txt'] as Output)).toEqual(['101', '102', '103'])
  })

  it('are made of a list of inputs, each named by its content', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.shout').outputs({ 'each.txt': 'test.shout' })
    const input = ['a', 'b', 'c'].map((name) => textInput(name, `${name}.txt`))
    const { outputs } = await shop.imagedoc.run(pipeline, { input })
    const output = outputs['each.txt'] as Output
    expect(output.sequence).toBe(true)
    expect(ids(output)).toEqual(['a', 'b', 'c'].flatMap((content) => named(new TextEncoder().encode(content), '1')))
    expect(await texts(output)).toEqual(['a!', 'b!', 'c!'])
    const joined = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.shout').step('test.join'), { input })
    expect(await textOf(await (joined.outputs['test.join.txt'] as Output).one())).toBe('a!|b!|c!')
    expect(joined.receipt).toMatchObject({ lists: ['input'], inputs: { input: [{ size: 1 }, { size: 1 }, { size: 1 }] } })
  })

  it('are made of every page of every file in a list', async () => {
    await using shop = openWorkshop()
    const pipeline = shop.imagedoc.pipeline().step('test.pages').step('test.read').step('test.join')
    const small = { width: 1, height: 1, mediaType: 'image/tiff' as const }
    const input = [imageInput(imageFile({ ...small, pages: 2 })), imageInput(imageFile({ ...small, pages: 1 }, () => 9))]
    const { outputs } = await shop.imagedoc.run(pipeline, { input })
    expect(await textOf(await (outputs['test.join.txt'] as Output).one())).toBe('1|2|9')
  })

  it('are one artifact long where a single artifact is gathered', async () => {
    await using shop = openWorkshop()
    const { outputs } = await shop.imagedoc.run(shop.imagedoc.pipeline().step('test.join'), { input: textInput('alone') })
    expect(await textOf(await (outputs['test.join.txt'] as Output).one())).toBe('alone')
  })
})
