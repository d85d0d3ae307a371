import { afterAll, describe, expect, it } from 'vitest'
import { openWorkshop, textInput, textOf } from '../workshop/workshop.ts'

const shop = openWorkshop()
const { imagedoc } = shop
afterAll(() => shop[Symbol.asyncDispose]())

describe('a definition made to trip over', () => {
  it.each(['constructor', 'toString', 'hasOwnProperty'])('has a step with the key "%s", a member of every object', (key) => {
    const definition = JSON.parse(`{ "version": 1, "steps": [{ "use": "test.double", "${key}": 1 }] }`)
    expect(imagedoc.problems(definition)).toMatchObject([{ path: `steps[0].${key}`, message: `"${key}" is not known here.` }])
  })

  it('is nested deeper than the stack', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const definition = JSON.parse(`{ "version": 1, "steps": [{ "use": "test.double", "with": { "a": ${deep} } }] }`)
    expect(imagedoc.problems(definition)).toMatchObject([{ message: expect.stringContaining('nested more than 100 levels') }])
  })

  it('names two outputs that are one file on some systems', () => {
    const definition = { version: 1, steps: [{ id: 'a', use: 'test.shout' }], outputs: { 'A.txt': 'a', 'a.txt': 'a' } }
    expect(imagedoc.problems(definition)).toMatchObject([{ path: 'outputs["a.txt"]', message: expect.stringContaining('one file') }])
  })

  it('names an output as no file may be called, and is told what a name is made of', () => {
    const definition = { version: 1, steps: [{ id: 'a', use: 'test.shout' }], outputs: { 'página.txt': 'a' } }
    expect(imagedoc.problems(definition)).toMatchObject([
      { path: 'outputs["página.txt"]', message: expect.stringContaining('letters (a to z), digits') },
    ])
  })
})

describe('a list of as many steps as a definition may have', () => {
  const definition = { version: 1 as const, steps: Array.from({ length: 10_000 }, () => ({ use: 'test.shout' })) }

  it('is explained, every step with its key', async () => {
    const { steps } = await imagedoc.explain(definition, { input: textInput('x') })
    expect(new Set(steps.map((step) => step.key)).size).toBe(10_000)
    expect(steps.at(-1)).toMatchObject({ id: 'test.shout-10000', cache: 'miss' })
  })

  it('is run', async () => {
    const { status, outputs } = await imagedoc.run(
      { ...definition, steps: definition.steps.slice(0, 3000) },
      { input: textInput('x') },
      { cache: false },
    )
    expect(status).toBe('done')
    expect(await textOf(await outputs['test.shout-3000.txt']!.one())).toBe(`x${'!'.repeat(3000)}`)
  })
})
