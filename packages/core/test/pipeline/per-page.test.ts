import { afterAll, describe, expect, it } from 'vitest'
import type { StepDefinition } from '../../src/index.ts'
import { stepForPage } from '../../src/index.ts'
import { openWorkshop } from '../workshop/workshop.ts'

const shop = openWorkshop()
afterAll(() => shop[Symbol.asyncDispose]())

/** The problems of a pipeline of these steps, as `path: message remedy`. */
const problems = (...steps: unknown[]): string[] =>
  shop.imagedoc.problems({ version: 1, steps }).map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`)
const add = (...perPage: unknown[]): string[] => problems({ use: 'test.add', with: { by: 1 }, perPage })

describe('perPage', () => {
  it('is right with parameters of the operation, or skip', () => {
    expect(add({ pages: '1,3-5', with: { by: 2 } }, { pages: 'odd', skip: true }, { pages: '-1', with: {} })).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['no pages', { with: { by: 2 } }, 'steps[0].perPage[0].pages: It is required'],
    ['pages that are none', { pages: '1,,2', with: {} }, 'steps[0].perPage[0].pages: A page is missing (character 3).'],
    ['neither with nor skip', { pages: '1' }, 'steps[0].perPage[0]: Write either "with" or "skip": true.'],
    ['both', { pages: '1', with: {}, skip: true }, 'steps[0].perPage[0]: Write either "with" or "skip": true.'],
    ['skip: false', { pages: '1', skip: false }, 'steps[0].perPage[0].skip: '],
    ['another key', { pages: '1', with: {}, engine: 'x' }, 'steps[0].perPage[0].engine: "engine" is not known here.'],
    ['an unknown parameter', { pages: '1', with: { bye: 2 } }, 'steps[0].perPage[0].with.bye: "bye" is not known here. Did you mean "by"?'],
    ['a wrong value', { pages: '1', with: { by: 300 } }, 'steps[0].perPage[0].with.by: '],
  ])('is refused with %s', (_, entry, expected) => {
    const found = add(entry)
    expect(found.map((problem) => problem.slice(0, expected.length))).toEqual([expected])
  })

  it('is refused at the entry that a wrong value is from, once, however many entries it meets', () => {
    const found = add({ pages: '1-9', with: { by: 300 } }, { pages: '2-5', with: {} }, { pages: 'odd', with: { bye: 1 } })
    expect(found.map((problem) => problem.split(':')[0])).toEqual(['steps[0].perPage[0].with.by', 'steps[0].perPage[2].with.bye'])
  })

  it('does not repeat what is wrong with the step itself', () => {
    const steps = { use: 'test.frame', with: { left: 5 }, perPage: [{ pages: '1', with: { right: '>' } }] }
    expect(problems({ use: 'test.words' }, steps)).toEqual([expect.stringMatching(/^steps\[1\]\.with\.left/)])
  })

  it('cannot be written at a step that takes a whole sequence', () => {
    const found = problems({ use: 'test.words' }, { use: 'test.join', perPage: [{ pages: '1', with: { by: '+' } }] })
    expect(found).toEqual([expect.stringMatching(/^steps\[1\]\.perPage: test\.join takes a whole sequence/)])
  })

  it('skips no step that turns its input into something else', () => {
    const skip = {
      perPage: [
        { pages: '2', with: {} },
        { pages: '1', skip: true },
      ],
    }
    expect(problems({ use: 'test.read', ...skip })).toEqual([
      'steps[0].perPage[1].skip: "skip" hands the input on, but test.read turns image into text. Remove this entry.',
    ])
    expect(problems({ use: 'test.words', ...skip })[0]).toMatch(/^steps\[0\]\.perPage\[1\]\.skip/)
  })

  it('cannot let one page be a file of another type', () => {
    const found = problems({ use: 'test.encode', perPage: [{ pages: '1', with: { format: 'tiff' } }] })
    expect(found).toEqual([expect.stringMatching(/^steps\[0\]\.perPage\[0\]\.with: The step writes image\/png on the other pages/)])
  })

  it('is refused when its entries can meet in too many ways', () => {
    const numbers = Array.from({ length: 600 }, (_, page) => ({ pages: String(3 * page + 1), with: { by: 1 } }))
    const ids = Array.from({ length: 600 }, (_, page) => ({ pages: `7f83b1657ff1/${page + 1}`, with: { by: 2 } }))
    expect(add(...numbers)).toEqual([])
    expect(add(...ids)).toEqual([])
    expect(add(...numbers, ...ids)).toEqual([expect.stringMatching(/^steps\[0\]\.perPage: Its entries can meet in too many ways/)])
  })

  it('is a problem of the plan, with its place, when no engine can be used there', async () => {
    const { imagedoc } = shop
    shop.provider.available = false
    const use = 'test.translate-remote'
    const only = (perPage: StepDefinition['perPage']) => ({
      version: 1 as const,
      steps: [{ use, with: { to: 'de' }, engine: 'remote', perPage }],
    })
    await expect(imagedoc.run(only([{ pages: '2', with: { to: 'pt' } }]), {})).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { problems: [{ path: 'steps[0].engine' }, { path: 'steps[0].perPage[0]' }] },
    })
    shop.provider.available = true
  })
})

describe('the schema of the installed plugins', () => {
  it('knows the parameters that an entry may have, none of them required', () => {
    const { steps } = (shop.imagedoc.schema() as { properties: { steps: { items: { allOf: object[] } } } }).properties
    const crop = steps.items.allOf.find((entry) => JSON.stringify(entry).includes('"test.crop"'))
    expect(crop).toMatchObject({
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { with: { required: ['left'] }, perPage: { items: { properties: { with: { properties: { left: {} } } } } } } },
    })
    expect(JSON.stringify(crop)).not.toMatch(/"perPage".*"(required|default)".*"engine"/)
  })
})

describe('a step for one page', () => {
  const step: StepDefinition = {
    use: 'test.frame',
    with: { left: '{' },
    perPage: [
      { pages: '1-2', with: { right: '}' } },
      { pages: '2', with: { left: '<' } },
      { pages: '-1', skip: true },
    ],
  }
  const page = (number: number) => ({ number, total: 4, id: `7f83b1657ff1/${number}` })

  it('has the parameters that hold there, or skips whatever page it is given', () => {
    expect(stepForPage(step, page(1))).toEqual({ use: 'test.frame', with: { left: '{', right: '}' } })
    expect(stepForPage(step, page(2))).toEqual({ use: 'test.frame', with: { left: '<', right: '}' } })
    expect(stepForPage(step, page(3))).toEqual({ use: 'test.frame', with: { left: '{' } })
    expect(stepForPage(step, page(4))).toEqual({ use: 'test.frame', with: { left: '{' }, perPage: [{ pages: '1-', skip: true }] })
  })
})
