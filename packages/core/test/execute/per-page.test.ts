import { describe, expect, it } from 'vitest'
import { digestOf, formatPageId, type Output, type PerPageEntry, type PipelineDefinition, type StepDefinition } from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { createEventLog, imageInput, openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

/** A document of pages of one pixel: page n has the value 10 n. */
const fileOf = (pages: number): Uint8Array => imageFile({ mediaType: 'image/tiff', pages, width: 1, height: 1 }, (page) => 10 * (page + 1))
const texts = async (output: Output | undefined): Promise<string[]> => Promise.all((await Array.fromAsync(output as Output)).map(textOf))

/** Pages, a light step with these settings, then what its pixels are. */
const adding = (perPage: PerPageEntry[], ...more: StepDefinition[]): PipelineDefinition => ({
  version: 1,
  steps: [{ use: 'test.pages' }, { use: 'test.add', with: { by: 1 }, perPage }, ...more, { use: 'test.read' }],
})

describe('parameters by page', () => {
  it.each<[string, PerPageEntry[], string[]]>([
    ['a number', [{ pages: '2', with: { by: 5 } }], ['11', '25', '31', '41']],
    ['a range and the last page', [{ pages: '1-2,-1', with: { by: 2 } }], ['12', '22', '31', '42']],
    ['odd pages', [{ pages: 'odd', with: { by: 3 } }], ['13', '21', '33', '41']],
    [
      'a page id',
      [{ pages: formatPageId({ source: digestOf(fileOf(4)), page: 1, part: [], copy: 0 }), with: { by: 4 } }],
      ['11', '24', '31', '41'],
    ],
    ['skip', [{ pages: '3-', skip: true }], ['11', '21', '30', '40']],
    [
      'a later entry',
      [
        { pages: '1-3', with: { by: 2 } },
        { pages: '2', with: { by: 3 } },
        { pages: '3', skip: true },
      ],
      ['12', '23', '30', '41'],
    ],
    [
      'an entry after skip',
      [
        { pages: '1-', skip: true },
        { pages: '2', with: {} },
      ],
      ['10', '21', '30', '40'],
    ],
  ])('of %s hold on these pages alone', async (_, perPage, expected) => {
    await using shop = openWorkshop()
    const { outputs, status } = await shop.imagedoc.run(adding(perPage), { input: imageInput(fileOf(4)) })
    expect(await texts(outputs['test.read.txt'])).toEqual(expected)
    expect(status).toBe('done')
  })

  it('are taken one by one: each from the last entry that has it', async () => {
    await using shop = openWorkshop()
    const perPage: PerPageEntry[] = [
      { pages: '1-2', with: { left: '[' } },
      { pages: '2-3', with: { right: '>' } },
    ]
    const steps: StepDefinition[] = [{ use: 'test.words' }, { use: 'test.frame', with: { left: '{' }, perPage }]
    const { outputs } = await shop.imagedoc.run({ version: 1, steps }, { input: textInput('a b c d') })
    expect(await texts(outputs['test.frame.txt'])).toEqual(['[a)', '[b>', '{c>', '{d)'])
  })

  it('count page 1 where nothing is taken apart, and the files of a list', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [{ use: 'test.shout', perPage: [{ pages: '1', with: { end: '?' } }] }]
    const single = await shop.imagedoc.run({ version: 1, steps }, { input: textInput('a') })
    expect(await textOf(await (single.outputs['test.shout.txt'] as Output).one())).toBe('a?')
    const list = await shop.imagedoc.run({ version: 1, steps }, { input: [textInput('a'), textInput('b')] })
    expect(await texts(list.outputs['test.shout.txt'])).toEqual(['a?', 'b!'])
  })

  it('count the pages of each document of a list', async () => {
    await using shop = openWorkshop()
    const { outputs } = await shop.imagedoc.run(adding([{ pages: '-1', with: { by: 7 } }]), {
      input: [imageInput(fileOf(2)), imageInput(fileOf(3))],
    })
    expect(await texts(outputs['test.read.txt'])).toEqual(['11', '27', '11', '21', '37'])
  })

  it('hold for all parts of a page by its number, and for one part by its id', async () => {
    await using shop = openWorkshop()
    const run = async (pages: string): Promise<string[]> => {
      const steps: StepDefinition[] = [
        { use: 'test.pages' },
        { use: 'test.split', with: { strips: 2 } },
        { use: 'test.add', perPage: [{ pages, with: { by: 5 } }] },
        { use: 'test.read' },
      ]
      const input = imageInput(imageFile({ mediaType: 'image/tiff', pages: 2, width: 2, height: 1 }, (page) => 10 * (page + 1)))
      const { outputs } = await shop.imagedoc.run({ version: 1, steps }, { input })
      return texts(outputs['test.read.txt'])
    }
    expect(await run('2')).toEqual(['11', '11', '25', '25'])
    expect(await run('2b')).toEqual(['11', '11', '21', '25'])
  })

  it('work for a step that takes pages apart', async () => {
    await using shop = openWorkshop()
    const perPage: PerPageEntry[] = [{ pages: '2', with: { strips: 3 } }]
    const steps: StepDefinition[] = [{ use: 'test.pages' }, { use: 'test.split', with: { strips: 2 }, perPage }, { use: 'test.read' }]
    const input = imageInput(imageFile({ mediaType: 'image/tiff', pages: 2, width: 6, height: 1 }))
    const { outputs } = await shop.imagedoc.run({ version: 1, steps }, { input })
    const pages = outputs['test.read.txt']?.entries().map(({ page }) => formatPageId({ ...page, source: null }))
    expect(pages).toEqual(['1a', '1b', '2a', '2b', '2c'])
  })
})

describe('a change on one page of a hundred', () => {
  const file = imageFile({ mediaType: 'image/tiff', pages: 100, width: 1, height: 1 })
  const input = imageInput(file)
  const reading = (steps: StepDefinition[]): PipelineDefinition => ({ version: 1, steps: [{ use: 'test.pages' }, ...steps] })

  it('computes that page alone', async () => {
    await using shop = openWorkshop()
    const clean: StepDefinition = { use: 'test.clean', with: { by: 1 } }
    await shop.imagedoc.run(reading([clean, { use: 'test.read' }]), { input })
    expect(shop.log.taken()).toMatchObject({ clean: 100, read: 100 })
    const perPage = [{ pages: '7', with: { by: 150 } }]
    const second = await shop.imagedoc.run(reading([{ ...clean, perPage }, { use: 'test.read' }]), { input })
    expect(shop.log.taken()).toEqual({ clean: 1, read: 1 })
    expect((await texts(second.outputs['test.read.txt']))[6]).toBe('157')
  })

  it('asks its engine for one page: the language is another there', async () => {
    await using shop = openWorkshop()
    const translate: StepDefinition = { use: 'test.translate', with: { to: 'de' } }
    await shop.imagedoc.run(reading([{ use: 'test.read' }, translate]), { input })
    expect(shop.provider.calls).toBe(100)
    const { receipt } = await shop.imagedoc.run(
      reading([{ use: 'test.read' }, { ...translate, perPage: [{ pages: '7', with: { to: 'pt' } }] }]),
      { input },
    )
    expect(shop.provider.calls).toBe(101)
    const [, , step] = receipt.steps
    expect(step).toMatchObject({ cache: 'mixed', pages: { hit: 99, miss: 1 }, params: { to: 'de' } })
    expect(step?.perPage).toEqual([
      {
        pages: [{ source: digestOf(file), page: 6, part: [], copy: 0 }],
        skip: false,
        engine: 'remote',
        fingerprint: { id: 'remote', is: { model: 'model-1', to: 'pt' } },
        params: { to: 'pt' },
      },
    ])
  })

  it('computes that page alone when the step is skipped on it, in the middle of a segment', async () => {
    await using shop = openWorkshop()
    const steps = (perPage: PerPageEntry[]): StepDefinition[] => [
      { use: 'test.add', id: 'before' },
      { use: 'test.add', with: { by: 101 }, perPage },
      { use: 'test.add', id: 'after' },
      { use: 'test.read' },
    ]
    await shop.imagedoc.run(reading(steps([])), { input })
    shop.log.taken()
    const { outputs, receipt } = await shop.imagedoc.run(reading(steps([{ pages: '7', skip: true }])), { input })
    expect(shop.log.taken()).toEqual({ add: 2, read: 1 })
    expect((await texts(outputs['test.read.txt'])).slice(5, 8)).toEqual(['109', '9', '111'])
    expect(receipt.steps[2]?.perPage).toMatchObject([{ skip: true, pages: [{ page: 6 }] }])
    expect((await shop.imagedoc.replay(receipt, { input })).same).toBe(true)
  })
})

describe('a page that is skipped', () => {
  it('is what the step would have been given, in an output and in a sequence', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      { use: 'test.pages' },
      { use: 'test.add', with: { by: 1 } },
      { use: 'test.add', id: 'last', with: { by: 2 }, perPage: [{ pages: '1', skip: true }] },
      { use: 'test.read' },
      { use: 'test.collate', from: { pages: 'last', texts: 'test.read' } },
    ]
    const outputs = { 'pixels.png': 'last', 'all.json': 'test.collate' }
    const made = await shop.imagedoc.run({ version: 1, steps, outputs }, { input: imageInput(fileOf(2)) })
    expect(made.error).toBeUndefined()
    expect(JSON.parse(await textOf(await (made.outputs['all.json'] as Output).one()))).toEqual([
      [[11], '11'],
      [[23], '23'],
    ])
    expect((made.outputs['pixels.png'] as Output).entries().every(({ artifact }) => artifact)).toBe(true)
  })

  it('is the file of the page itself when nothing stands before the step', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [{ use: 'test.add', perPage: [{ pages: '1', skip: true }] }, { use: 'test.read' }]
    const run = () => shop.imagedoc.run({ version: 1, steps }, { input: imageInput(imageFile({ width: 1, height: 1 }, () => 9)) })
    expect(await textOf(await ((await run()).outputs['test.read.txt'] as Output).one())).toBe('9')
    shop.log.taken()
    expect((await run()).receipt.steps.map(({ key, cache }) => [key === '', cache])).toEqual([
      [true, 'unused'],
      [false, 'hit'],
    ])
    expect(shop.log.taken()).toEqual({})
  })

  it('needs no engine', async () => {
    await using shop = openWorkshop()
    shop.provider.available = false
    const steps: StepDefinition[] = [
      { use: 'test.translate-remote', with: { to: 'de' }, onError: 'skip', perPage: [{ pages: '1', skip: true }] },
    ]
    const { outputs, diagnostics } = await shop.imagedoc.run({ version: 1, steps }, { input: textInput('word') })
    expect(await textOf(await (outputs['test.translate-remote.txt'] as Output).one())).toBe('word')
    expect(diagnostics).toEqual([])
  })
})

describe('a page that fails because of its own parameters', () => {
  it('names the entry that they are from', async () => {
    await using shop = openWorkshop()
    const perPage: PerPageEntry[] = [
      { pages: '1', with: { end: '?' } },
      { pages: '2', with: { end: 'fail' } },
    ]
    const steps: StepDefinition[] = [{ use: 'test.words' }, { use: 'test.shout', perPage }]
    const failed = await shop.imagedoc.run({ version: 1, steps }, { input: textInput('a b c') })
    expect(failed.error).toMatchObject({ code: 'OPERATION_FAILED', path: 'steps[1].perPage[1].with.end' })
    const skipping = {
      version: 1 as const,
      steps: [steps[0] as StepDefinition, { ...(steps[1] as StepDefinition), onError: 'skip' as const }],
    }
    const log = createEventLog()
    await shop.imagedoc.run(skipping, { input: textInput('a b c') }, { onEvent: log.onEvent })
    expect(log.ofType('page-skipped')).toMatchObject([{ page: { page: 1 }, error: { path: 'steps[1].perPage[1].with.end' } }])
  })
})

describe('an entry that names no page', () => {
  it('is told with its place, in a cold run, in a warm one and by explain', async () => {
    await using shop = openWorkshop()
    const pipeline = adding([
      { pages: '2', with: { by: 2 } },
      { pages: '9', with: { by: 3 } },
    ])
    const told = {
      code: 'PAGES_NOT_MET',
      severity: 'warning',
      message: '"9" names no page: there are 3.',
      step: 'test.add',
      details: { path: 'steps[1].perPage[1].pages' },
    }
    for (const _ of ['cold', 'warm']) {
      const { diagnostics } = await shop.imagedoc.run(pipeline, { input: imageInput(fileOf(3)) })
      expect(diagnostics.filter(({ severity }) => severity === 'warning')).toEqual([told])
    }
    const { problems } = await shop.imagedoc.explain(pipeline, { input: imageInput(fileOf(3)) })
    expect(problems).toMatchObject([{ path: 'steps[1].perPage[1].pages', severity: 'warning', message: told.message }])
  })

  it('is told also when the whole document comes from the cache, and of a single page', async () => {
    await using shop = openWorkshop()
    const joined = adding([{ pages: '4-', with: { by: 2 } }], { use: 'test.read', id: 'words' }, { use: 'test.join' })
    joined.steps.pop()
    for (const _ of ['cold', 'warm']) {
      const { diagnostics } = await shop.imagedoc.run(joined, { input: imageInput(fileOf(3)) })
      expect(diagnostics.map(({ code }) => code)).toContain('PAGES_NOT_MET')
    }
    const steps: StepDefinition[] = [{ use: 'test.shout', perPage: [{ pages: '2', with: { end: '?' } }] }]
    const single = await shop.imagedoc.run({ version: 1, steps }, { input: textInput('a') })
    expect(single.diagnostics).toMatchObject([{ code: 'PAGES_NOT_MET', message: '"2" names no page: there is one.' }])
  })
})

describe('explain', () => {
  it('tells what a step would do on which pages, as soon as they are known', async () => {
    await using shop = openWorkshop()
    const steps: StepDefinition[] = [
      { use: 'test.pages' },
      { use: 'test.read' },
      {
        use: 'test.translate',
        with: { to: 'de' },
        perPage: [
          { pages: '2', with: { to: 'pt' } },
          { pages: '3', skip: true },
        ],
      },
    ]
    const variant = { params: { to: 'pt' }, engine: 'remote', why: 'first of the operation', skip: false }
    const explained = async () => (await shop.imagedoc.explain({ version: 1, steps }, { input: imageInput(fileOf(3)) })).steps[2]
    expect((await explained())?.perPage).toMatchObject([
      { ...variant, pages: 'unknown' },
      { skip: true, pages: 'unknown' },
    ])
    await shop.imagedoc.run({ version: 1, steps }, { input: imageInput(fileOf(3)) })
    expect(await explained()).toMatchObject({
      cache: 'hit',
      perPage: [
        { ...variant, pages: [{ page: 1 }] },
        { skip: true, engine: null, pages: [{ page: 2 }] },
      ],
    })
  })
})
