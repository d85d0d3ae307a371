import { afterAll, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/index.ts'
import { openWorkshop } from '../workshop/workshop.ts'

const shop = openWorkshop()
const { imagedoc } = shop
afterAll(() => shop[Symbol.asyncDispose]())

const problems = (definition: unknown): Problem[] => imagedoc.problems(definition)
const steps = (...list: unknown[]): unknown => ({ version: 1, steps: list })
/** The one problem of a definition. */
function problem(definition: unknown): Problem {
  const found = problems(definition)
  expect(found.map(({ path, message }) => `${path}: ${message}`)).toHaveLength(1)
  return found[0] as Problem
}

describe('a definition', () => {
  it.each<[string, unknown, Partial<Problem> & { path: string }]>([
    [
      'an unknown key at the top',
      { version: 1, step: [], steps: [{ use: 'test.add' }] },
      { path: 'step', remedy: 'Did you mean "steps"?' },
    ],
    [
      'an unknown key of a step',
      steps({ use: 'test.add', onEror: 'skip' }),
      { path: 'steps[0].onEror', remedy: 'Did you mean "onError"?' },
    ],
    ['another version', { version: 2, steps: [{ use: 'test.add' }] }, { path: 'version', remedy: 'Write 1.' }],
    ['an unknown operation', steps({ use: 'test.ad' }), { path: 'steps[0].use', remedy: 'Did you mean "test.add"?' }],
    [
      'an operation of no plugin',
      steps({ use: 'barcode.read-all-of-them' }),
      { path: 'steps[0].use', remedy: expect.stringContaining('Install the plugin') as never },
    ],
    [
      'an operation of a known group',
      steps({ use: 'test.quite-another-thing' }),
      { path: 'steps[0].use', remedy: expect.stringContaining('test.add, ') as never },
    ],
    ['an operation of core itself', steps({ use: 'output.png' }), { path: 'steps[0].use' }],
    ['an unknown parameter', steps({ use: 'test.add', with: { bye: 1 } }), { path: 'steps[0].with.bye', remedy: 'Did you mean "by"?' }],
    [
      'a parameter of an operation without any',
      steps({ use: 'test.double', with: { x: 1 } }),
      { path: 'steps[0].with.x', remedy: 'test.double takes no parameters.' },
    ],
    [
      'a parameter out of bounds',
      steps({ use: 'test.add', with: { by: 300 } }),
      { path: 'steps[0].with.by', remedy: 'Write at most 255.' },
    ],
    [
      'a parameter below its bounds',
      steps({ use: 'test.crop', with: { left: -1 } }),
      { path: 'steps[0].with.left', remedy: 'Write at least 0.' },
    ],
    ['a parameter of another type', steps({ use: 'test.add', with: { by: 'x' } }), { path: 'steps[0].with.by' }],
    [
      'a parameter that is none of those allowed',
      steps({ use: 'test.encode', with: { format: 'bmp' } }),
      { path: 'steps[0].with.format', remedy: 'Write one of: "png", "tiff".' },
    ],
    ['a missing parameter', steps({ use: 'test.crop' }), { path: 'steps[0].with.left' }],
    [
      'an id that stands twice',
      steps({ id: 'a', use: 'test.add' }, { id: 'a', use: 'test.add' }),
      { path: 'steps[1].id', message: expect.stringContaining('another step') as never },
    ],
    [
      'an id that is an input',
      steps({ id: 'input', use: 'test.add' }),
      { path: 'steps[0].id', message: expect.stringContaining('an input has') as never },
    ],
    ['an id that is a path', steps({ id: '../up', use: 'test.add' }), { path: 'steps[0].id' }],
    [
      'a reference to nothing',
      steps({ id: 'clean', use: 'test.add' }, { use: 'test.add', from: 'claen' }),
      { path: 'steps[1].from', remedy: 'Did you mean "clean"?' },
    ],
    ['an unknown port', steps({ use: 'test.add', from: { page: 'input' } }), { path: 'steps[0].from.page' }],
    [
      'a kind that does not fit',
      steps({ use: 'test.read' }, { use: 'test.add' }),
      { path: 'steps[1].from', message: 'test.add takes image, but "test.read" gives text.' },
    ],
    [
      '"pass" between two kinds',
      steps({ use: 'test.read', onError: 'pass' }),
      { path: 'steps[0].onError', remedy: 'Write "skip" or "fail".' },
    ],
    ['"pass" from one to many', steps({ use: 'test.split', onError: 'pass' }), { path: 'steps[0].onError' }],
    [
      '"onError" of no kind',
      steps({ use: 'test.add', onError: 'ignore' }),
      { path: 'steps[0].onError', remedy: 'Write one of: "fail", "skip", "pass".' },
    ],
    ['retries without the network', steps({ use: 'test.add', retries: 2 }), { path: 'steps[0].retries', remedy: 'Remove this.' }],
    [
      'an engine that is none',
      steps({ use: 'test.translate', with: { to: 'de' }, engine: 'romote' }),
      { path: 'steps[0].engine', remedy: expect.stringContaining('auto, remote, local. Did you mean "remote"?') as never },
    ],
    [
      'an engine where there is none',
      steps({ use: 'test.add', engine: 'fast' }),
      { path: 'steps[0].engine', remedy: 'It has no engines; remove this.' },
    ],
    [
      'an output of nothing',
      { ...(steps({ use: 'test.add' }) as object), outputs: { 'a.png': 'test.ad' } },
      { path: 'outputs["a.png"]', remedy: 'Did you mean "test.add"?' },
    ],
    ['no output at all', { ...(steps({ use: 'test.add' }) as object), outputs: {} }, { path: 'outputs' }],
    [
      'an output in a folder',
      { ...(steps({ use: 'test.add' }) as object), outputs: { '../a.png': 'test.add' } },
      { path: 'outputs["../a.png"]' },
    ],
    [
      'an image without its format',
      { ...(steps({ use: 'test.add' }) as object), outputs: { a: 'test.add' } },
      { path: 'outputs.a', remedy: expect.stringMatching(/\.png.*\.tif/) as never },
    ],
    [
      'an image of a format that nobody writes',
      { ...(steps({ use: 'test.add' }) as object), outputs: { 'a.webp': 'test.add' } },
      { path: 'outputs["a.webp"]' },
    ],
    [
      'a text that calls itself a PDF',
      { ...(steps({ use: 'test.read' }) as object), outputs: { 'a.pdf': 'test.read' } },
      { path: 'outputs["a.pdf"]', remedy: 'End it with .txt.' },
    ],
    [
      'an input of no kind',
      { ...(steps({ use: 'test.add' }) as object), inputs: { logo: { kind: 'imgae' } } },
      { path: 'inputs.logo.kind', remedy: 'Did you mean "image"?' },
    ],
    [
      'an input called input',
      { ...(steps({ use: 'test.add' }) as object), inputs: { input: { kind: 'image' } } },
      { path: 'inputs.input' },
    ],
    [
      'ports that are left open',
      steps({ use: 'test.stamp', from: 'input' }),
      { path: 'steps[0].from', message: 'test.stamp also needs "mark".' },
    ],
    [
      'a sequence on a port for one beside one for many',
      {
        ...(steps(
          { use: 'test.split' },
          { use: 'test.read' },
          { use: 'test.split', id: 'again', from: 'test.split' },
          { use: 'test.stamp', from: { page: 'test.split', mark: 'again' } },
        ) as object),
        outputs: { 'a.png': 'test.stamp', 'b.txt': 'test.read' },
      },
      { path: 'steps[3].from.mark', message: expect.stringContaining('expanded further') as never },
    ],
  ])('with %s has that problem, with its place and its remedy', (_, definition, expected) => {
    const found = problem(definition)
    expect(found).toMatchObject({ severity: 'error', ...expected })
    expect(found.message).toMatch(/[.?!]$/)
    expect(found.remedy).not.toBe('')
  })

  it.each([
    null,
    5,
    'steps',
    [],
    {},
    { version: 1 },
    { version: 1, steps: [] },
    { version: 1, steps: {} },
    { version: 1, steps: [null] },
    { version: 1, steps: [{}] },
  ])('that is %j is refused', (definition) => {
    expect(problems(definition).some(({ severity }) => severity === 'error')).toBe(true)
    expect(() => imagedoc.parse(definition)).toThrowError(expect.objectContaining({ code: 'INVALID_PIPELINE' }))
  })

  it('whose steps go in a circle says so once, with their names', () => {
    const found = problems(steps({ id: 'a', use: 'test.add', from: 'b' }, { id: 'b', use: 'test.add', from: 'a' }))
    expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([
      { path: expect.stringMatching(/^steps\[\d\]\.from$/), message: expect.stringMatching(/circle.*"a".*"b"|circle.*"b".*"a"/) },
    ])
    const itself = problems(steps({ id: 'a', use: 'test.add', from: 'a' }))
    expect(itself[0]).toMatchObject({ message: expect.stringContaining('circle: "a"') })
  })

  it('tells all its problems in one report', () => {
    const definition = {
      version: 1,
      nmae: 'x',
      inputs: { logo: { kind: 'picture' } },
      steps: [
        { use: 'test.add', with: { by: 1000, boy: 1 } },
        { use: 'test.unknown' },
        { id: 'twice', use: 'test.read', from: 'nowhere', retries: 1, engine: 'x', onError: 'pass' },
        { id: 'twice', use: 'test.add' },
        { use: 'test.stamp' },
      ],
      outputs: { 'a.png': 'nothing', 'b.pdf': 'test.add' },
    }
    const found = problems(definition).map(({ path }) => path)
    for (const path of [
      'nmae',
      'inputs.logo.kind',
      'steps[0].with.by',
      'steps[0].with.boy',
      'steps[1].use',
      'steps[2].from',
      'steps[2].retries',
      'steps[2].engine',
      'steps[2].onError',
      'steps[3].id',
      'steps[4].from',
      'outputs["a.png"]',
      'outputs["b.pdf"]',
    ]) {
      expect(found).toContain(path)
    }
    const error = ((): unknown => {
      try {
        imagedoc.parse(definition)
      } catch (thrown) {
        return thrown
      }
      return undefined
    })()
    expect(error).toMatchObject({ code: 'INVALID_PIPELINE', path: found[0], details: { problems: expect.any(Array) } })
    for (const path of found) expect((error as Error).message).toContain(path)
  })

  it('tells what is wrong with the other outputs and inputs when one has a wrong name', () => {
    const definition = {
      ...(steps({ use: 'test.add' }, { use: 'test.stamp', from: { page: 'test.add', mark: 'logo' } }) as object),
      inputs: { logo: { kind: 'image' }, '../x': { kind: 'image' } },
      outputs: { '../a.png': 'test.add', 'b.pdf': 'test.add', 'c.png': 'nothing' },
    }
    const found = problems(definition).map(({ path }) => path)
    expect(found.filter((path) => /^(in|out)puts/.test(path)).sort()).toEqual([
      'inputs["../x"]',
      'outputs["../a.png"]',
      'outputs["b.pdf"]',
      'outputs["c.png"]',
    ])
    expect(found).not.toContain('steps[1].from.mark')
  })

  it('warns of a step that no output needs, and is valid', () => {
    const definition = { ...(steps({ use: 'test.add' }, { use: 'test.read' }) as object), outputs: { 'a.png': 'test.add' } }
    expect(problem(definition)).toMatchObject({ severity: 'warning', path: 'steps[1]', message: expect.stringContaining('"test.read"') })
    expect(imagedoc.parse(definition)).toEqual(definition)
  })

  it('gives ids that are not given, around those that are', async () => {
    const { receipt } = await imagedoc.run(
      {
        version: 1,
        steps: [
          { use: 'test.words' },
          { use: 'test.shout' },
          { use: 'test.shout' },
          { id: 'test.shout-3', use: 'test.shout' },
          { use: 'test.shout' },
        ],
      },
      {},
    )
    expect(receipt.steps.map(({ id }) => id)).toEqual(['test.words', 'test.shout', 'test.shout-2', 'test.shout-3', 'test.shout-4'])
  })

  it('of ten thousand steps is checked, whatever their order', () => {
    const long = Array.from({ length: 10_000 }, (_, index) => ({
      id: `s${index}`,
      use: 'test.add',
      from: index === 9999 ? 'input' : `s${index + 1}`,
    }))
    expect(problems({ version: 1, steps: long, outputs: { 'a.png': 's0' } })).toEqual([])
    const tooLong = [...long, { id: 'more', use: 'test.add', from: 'input' }]
    expect(problems({ version: 1, steps: tooLong, outputs: { 'a.png': 's0' } })[0]).toMatchObject({ path: 'steps' })
  })
})
