import { describe, expect, it } from 'vitest'
import { digestOf, formatPageId, type Output, type PipelineDefinition, type StepDefinition } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { imageInput, openWorkshop, textOf } from '../workshop/workshop.ts'

/** Page n is filled with n, or with n more than `from`. */
const file = (pages: number, from = 0): Uint8Array<ArrayBuffer> =>
  imageFile({ mediaType: 'image/tiff', pages, width: 1, height: 1 }, (page) => from + page + 1)
const pipeline = (steps: readonly StepDefinition[], more: Partial<PipelineDefinition> = {}): PipelineDefinition => ({
  version: 1,
  steps: [...steps],
  ...more,
})
const pages = { id: 'pages', use: 'test.pages' }
const named = (bytes: Uint8Array, ...names: string[]): string[] => names.map((name) => `${digestOf(bytes).slice(7, 19)}/${name}`)

const texts = async (output: Output | undefined): Promise<string[]> => Promise.all((await Array.fromAsync(output ?? [])).map(textOf))
const ids = (output: Output | undefined): string[] => (output?.entries() ?? []).map((entry) => formatPageId(entry.page))

describe('pages.select', () => {
  it('goes on with the chosen pages, which keep their names', async () => {
    await using shop = openWorkshop()
    const ten = file(10)
    const definition = pipeline([pages, { use: 'pages.select', with: { pages: '-1,3,4' } }, { use: 'test.read' }])
    const { outputs, status } = await shop.imagedoc.run(definition, { input: imageInput(ten) })
    expect(status).toBe('done')
    expect(ids(outputs['test.read.txt'])).toEqual(named(ten, '3', '4', '10'))
    expect(await texts(outputs['test.read.txt'])).toEqual(['3', '4', '10'])
  })

  it('makes no other page than the chosen ones', async () => {
    await using shop = openWorkshop()
    const clean = { use: 'test.clean' }
    const definition = pipeline([pages, clean, { use: 'pages.select', with: { pages: 'odd' } }, { use: 'test.read' }, { use: 'test.join' }])
    const { outputs } = await shop.imagedoc.run(definition, { input: imageInput(file(5)) })
    expect(await textOf(await outputs['test.join.txt']!.one())).toBe('2|4|6')
    expect(shop.log.taken()).toEqual({ pages: 3, clean: 3, read: 3, join: 1 })
  })

  it('takes what the cache has of a page that was not selected before, and gives it back', async () => {
    await using shop = openWorkshop()
    const five = imageInput(file(5))
    const work = [{ use: 'test.clean' }, { use: 'test.read' }]
    await shop.imagedoc.run(pipeline([pages, ...work]), { input: five })
    shop.log.taken()
    const select = { use: 'pages.select', with: { pages: '2-3' } }
    const { outputs, receipt } = await shop.imagedoc.run(pipeline([pages, select, ...work]), { input: five })
    expect(await texts(outputs['test.read.txt'])).toEqual(['3', '4'])
    expect(shop.log.taken()).toEqual({})
    expect(receipt.steps.map(({ cache, pages: { hit, miss } }) => [cache, hit, miss])).toEqual([
      ['hit', 5, 0],
      ['unused', 0, 0],
      ['unused', 0, 0],
      ['hit', 2, 0],
    ])
    // The other way round: what was made behind a selection is there for all pages.
    await shop.imagedoc.run(
      pipeline([pages, { use: 'pages.select', with: { pages: '1' } }, { use: 'test.add', with: { by: 9 } }, { use: 'test.read' }]),
      { input: five },
    )
    shop.log.taken()
    await shop.imagedoc.run(pipeline([pages, { use: 'test.add', with: { by: 9 } }, { use: 'test.read' }]), { input: five })
    expect(shop.log.taken()).toEqual({ add: 4, read: 4 })
  })

  it('touches nothing above a page of which everything is there', async () => {
    await using shop = openWorkshop()
    const steps = [
      pages,
      { use: 'test.add' },
      { use: 'pages.select', with: { pages: '2-' } },
      { use: 'test.clean' },
      { use: 'test.read', cache: true },
    ]
    const both = (id: string) => pipeline([...steps, { id, use: 'test.shout' }], { outputs: { 'out.txt': id } })
    await shop.imagedoc.run(both('first'), { input: imageInput(file(4)) })
    shop.log.taken()
    const { receipt } = await shop.imagedoc.run(both('second'), { input: imageInput(file(4)) })
    expect(shop.log.taken()).toEqual({})
    expect(receipt.steps.find(({ use }) => use === 'test.add')?.cache).toBe('unused')
  })

  it('costs one page where one page of a document has changed', async () => {
    await using shop = openWorkshop()
    const definition = pipeline([pages, { use: 'pages.select', with: { pages: '2-' } }, { use: 'test.clean' }, { use: 'test.read' }])
    const changed = imageFile({ mediaType: 'image/tiff', pages: 9, width: 1, height: 1 }, (page) => (page === 4 ? 100 : page + 1))
    await shop.imagedoc.run(definition, { input: imageInput(file(9)) })
    shop.log.taken()
    const { outputs } = await shop.imagedoc.run(definition, { input: imageInput(changed) })
    expect(await texts(outputs['test.read.txt'])).toEqual(['3', '4', '5', '101', '7', '8', '9', '10'])
    expect(shop.log.taken()).toMatchObject({ clean: 1, read: 1 })
  })

  it('leaves every page where it lies on its original', async () => {
    await using shop = openWorkshop()
    const wide = imageFile({ mediaType: 'image/tiff', pages: 3, width: 6, height: 1 })
    const select = { use: 'pages.select', with: { pages: '2' } }
    const definition = pipeline(
      [pages, { use: 'test.crop', with: { left: 2 } }, select, { use: 'test.crop', with: { left: 1 }, id: 'again' }],
      {
        outputs: { 'page.png': 'again' },
      },
    )
    const { outputs } = await shop.imagedoc.run(definition, { input: imageInput(wide) })
    const [entry] = outputs['page.png']!.entries()
    expect(entry?.artifact?.origin).toMatchObject({
      source: digestOf(wide),
      page: { source: digestOf(wide), page: 1, part: [], copy: 0 },
      matrix: [1, 0, 3, 0, 1, 0, 0, 0, 1],
    })
  })

  it('says which page it does not find', async () => {
    await using shop = openWorkshop()
    const run = (chosen: string) =>
      shop.imagedoc.run(pipeline([pages, { use: 'pages.select', with: { pages: chosen } }, { use: 'test.read' }]), {
        input: imageInput(file(3)),
      })
    expect((await run('1,7')).error).toMatchObject({
      code: 'NOT_FOUND',
      path: 'steps[1].with.pages',
      message: '"7" names none of the 3 pages.',
    })
    await expect(run('3-1')).rejects.toMatchObject({ code: 'INVALID_PIPELINE', path: 'steps[1].with.pages' })
  })

  it('keeps the name of a page that was skipped', async () => {
    await using shop = openWorkshop()
    const three = file(3)
    shop.log.before = (name, value) => {
      if (name === 'clean' && value === 2) throw new Error('It broke.')
    }
    const definition = pipeline([
      pages,
      { use: 'test.clean', onError: 'skip' },
      { use: 'pages.select', with: { pages: '2-' } },
      { use: 'test.read' },
    ])
    const { outputs, status } = await shop.imagedoc.run(definition, { input: imageInput(three) })
    expect(status).toBe('partial')
    const entries = outputs['test.read.txt']!.entries()
    expect(entries.map(({ page, hole }) => [formatPageId(page), hole !== undefined])).toEqual([
      [named(three, '2')[0], true],
      [named(three, '3')[0], false],
    ])
  })

  it('chooses among the parts of pages by name', async () => {
    await using shop = openWorkshop()
    const wide = imageFile({ mediaType: 'image/tiff', pages: 2, width: 2, height: 1 }, (page, index) => page * 10 + index)
    const definition = pipeline([pages, { use: 'test.split' }, { use: 'pages.select', with: { pages: '1b,2a' } }, { use: 'test.read' }])
    const { outputs } = await shop.imagedoc.run(definition, { input: imageInput(wide) })
    expect(ids(outputs['test.read.txt'])).toEqual(named(wide, '1b', '2a'))
    expect(await texts(outputs['test.read.txt'])).toEqual(['1', '10'])
  })
})

describe('a join behind arranged pages', () => {
  it('lays what was found on a page on that page', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      pages,
      { id: 'bright', use: 'test.add', with: { by: 100 } },
      { id: 'some', use: 'pages.select', from: 'pages', with: { pages: '3,5' } },
      { use: 'test.stamp', from: { page: 'some', mark: 'bright' } },
      { use: 'test.read' },
    ]
    const { outputs } = await shop.imagedoc.run(pipeline(steps), { input: imageInput(file(5)) })
    expect(await texts(outputs['test.read.txt'])).toEqual(['106', '110'])
  })

  it('holds where sequences are gathered side by side', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      pages,
      { id: 'words', use: 'test.read' },
      { id: 'some', use: 'pages.select', from: 'pages', with: { pages: '2,4' } },
      { use: 'test.collate', from: { pages: 'some', texts: 'words' } },
    ]
    const { outputs, status } = await shop.imagedoc.run(pipeline(steps), { input: imageInput(file(5)) })
    expect(status).toBe('done')
    expect(JSON.parse(await textOf(await outputs['test.collate.json']!.one()))).toEqual([
      [[2], '2'],
      [[4], '4'],
    ])
  })

  it('takes the page itself for its second copy', async () => {
    await using shop = openWorkshop()
    const two = file(2)
    const steps: StepDefinition[] = [
      pages,
      { id: 'bright', use: 'test.add', with: { by: 100 } },
      { id: 'twice', use: 'pages.join', from: { pages: 'pages', more: 'pages' } },
      { id: 'stamped', use: 'test.stamp', from: { page: 'twice', mark: 'bright' } },
      { use: 'test.read' },
    ]
    const { outputs } = await shop.imagedoc.run(pipeline(steps), { input: imageInput(two) })
    expect(ids(outputs['test.read.txt'])).toEqual(named(two, '1', '2', '1#2', '2#2'))
    expect(await texts(outputs['test.read.txt'])).toEqual(['102', '104', '102', '104'])
  })

  it('refuses a page of which the other side has nothing', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      pages,
      { id: 'some', use: 'pages.select', with: { pages: '1' } },
      { use: 'test.stamp', from: { page: 'pages', mark: 'some' } },
      { use: 'test.read' },
    ]
    const { error } = await shop.imagedoc.run(pipeline(steps), { input: imageInput(file(2)) })
    expect(error).toMatchObject({ code: 'PAGES_MISMATCH', path: 'steps[2]' })
  })
})

describe('pages.join and pages.insert', () => {
  it('put the pages of several files together, each under its own name', async () => {
    await using shop = openWorkshop()
    const [letter, cover] = [file(3), file(1, 50)]
    const steps: StepDefinition[] = [
      pages,
      { id: 'cover', use: 'test.pages', from: 'front' },
      { id: 'all', use: 'pages.insert', from: { pages: 'pages', inserted: 'cover' }, with: { at: '2' } },
      { use: 'test.read' },
    ]
    const inputs = { input: imageInput(letter), front: imageInput(cover) }
    const { outputs } = await shop.imagedoc.run(pipeline(steps, { inputs: { front: { kind: 'image' } } }), inputs)
    expect(ids(outputs['test.read.txt'])).toEqual([...named(letter, '1'), ...named(cover, '1'), ...named(letter, '2', '3')])
    expect(await texts(outputs['test.read.txt'])).toEqual(['1', '51', '2', '3'])
    const sources = outputs['test.read.txt']!.entries().map(({ artifact }) => artifact?.origin.source)
    expect(sources).toEqual([letter, cover, letter, letter].map(digestOf))
  })

  it('take a single image for a page of its file', async () => {
    await using shop = openWorkshop()
    const [letter, cover] = [file(2), imageFile({ width: 1, height: 1 }, () => 50)]
    const steps: StepDefinition[] = [
      pages,
      { id: 'front', use: 'test.add', from: 'logo', with: { by: 1 } },
      { id: 'all', use: 'pages.join', from: { pages: 'front', more: 'pages' } },
      { use: 'test.read' },
    ]
    const inputs = { input: imageInput(letter), logo: imageInput(cover) }
    const { outputs, status } = await shop.imagedoc.run(pipeline(steps, { inputs: { logo: { kind: 'image' } } }), inputs)
    expect(status).toBe('done')
    expect(ids(outputs['test.read.txt'])).toEqual([...named(cover, '1'), ...named(letter, '1', '2')])
    expect(await texts(outputs['test.read.txt'])).toEqual(['51', '1', '2'])
  })

  it('names the pages of one file that is given twice as copies', async () => {
    await using shop = openWorkshop()
    const one = file(1)
    const { outputs } = await shop.imagedoc.run(pipeline([pages, { use: 'test.read' }]), { input: [imageInput(one), imageInput(one)] })
    expect(ids(outputs['test.read.txt'])).toEqual(named(one, '1', '1#2'))
  })

  it('tells one page to insert at', async () => {
    await using shop = openWorkshop()
    const insert = (at: string) => {
      const steps: StepDefinition[] = [
        pages,
        { id: 'more', use: 'pages.insert', from: { pages: 'pages', inserted: 'pages' }, with: { at, side: 'after' } },
        { use: 'test.read' },
      ]
      return shop.imagedoc.run(pipeline(steps), { input: imageInput(file(2)) })
    }
    expect(await texts((await insert('-1')).outputs['test.read.txt'])).toEqual(['1', '2', '1', '2'])
    expect((await insert('1-2')).error).toMatchObject({
      code: 'NOT_FOUND',
      message: '"1-2" names more than one of the 2 pages; name the page to insert at.',
    })
  })
})

describe('an output of arranged pages', () => {
  it('is what the step before gives', async () => {
    await using shop = openWorkshop()
    const steps = [pages, { use: 'test.read' }, { use: 'pages.select', with: { pages: 'even' } }]
    const { outputs } = await shop.imagedoc.run(pipeline(steps, { outputs: { 'some.txt': 'pages.select' } }), {
      input: imageInput(file(4)),
    })
    expect(await texts(outputs['some.txt'])).toEqual(['2', '4'])
  })

  it('is written as an image where it is one', async () => {
    await using shop = openWorkshop()
    const steps = [pages, { use: 'test.add' }, { use: 'pages.select', with: { pages: '2' } }]
    const { outputs } = await shop.imagedoc.run(pipeline(steps, { outputs: { 'some.png': 'pages.select' } }), {
      input: imageInput(file(2)),
    })
    expect([...(await (await outputs['some.png']!.at(0)).bytes())].at(-1)).toBe(3)
  })
})
