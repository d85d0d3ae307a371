import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createImageDoc, data, defineOperation, definePlugin, pipelineJsonSchema } from '../../src/index.ts'
import { openWorkshop } from '../workshop/workshop.ts'

const shop = openWorkshop()
afterAll(() => shop[Symbol.asyncDispose]())

const compile = (schema: unknown): ((definition: unknown) => boolean) => {
  // Keywords such as `unit` are for forms and previews.
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema as object)
  return (definition) => validate(definition) as boolean
}

const right = [
  { version: 1, steps: [{ use: 'test.add' }] },
  {
    $schema: 'https://x/pipeline.schema.json',
    version: 1,
    name: 'n',
    inputs: { logo: { kind: 'image' } },
    steps: [
      { id: 'a', use: 'test.add', with: { by: 5 } },
      { use: 'test.stamp', from: { page: 'a', mark: 'logo' }, onError: 'skip', timeoutMs: 5, cache: true },
    ],
    outputs: { 'a.png': 'a' },
  },
  { version: 1, steps: [{ use: 'test.translate', with: { to: 'de' }, engine: 'auto', retries: 3, from: 'input' }] },
]

describe('the schema of every pipeline', () => {
  it('is the one that is shipped', async () => {
    const shipped = await readFile(new URL('../../schema/pipeline.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(shipped)).toEqual(pipelineJsonSchema())
  })

  it('takes what is right and refuses what is wrong, as parsing does', () => {
    const validate = compile(pipelineJsonSchema())
    for (const definition of right) expect(validate(definition)).toBe(true)
    for (const wrong of [
      {},
      { version: 2, steps: [{ use: 'x' }] },
      { version: 1, steps: [] },
      { version: 1, steps: [{ use: 'x', onError: 'ignore' }] },
      { version: 1, steps: [{ use: 'x', wiht: {} }] },
    ]) {
      expect(validate(wrong)).toBe(false)
    }
  })
})

describe('the schema of the installed plugins', () => {
  const validate = compile(shop.imagedoc.schema())

  it('takes definitions that parse', () => {
    for (const definition of right) {
      expect(shop.imagedoc.parse(definition)).toEqual(definition)
      expect(validate(definition)).toBe(true)
    }
  })

  it.each([
    { use: 'test.ad' },
    { use: 'output.png' },
    { use: 'test.add', with: { by: 300 } },
    { use: 'test.add', with: { bye: 1 } },
    { use: 'test.crop' },
    { use: 'test.crop', with: {} },
    { use: 'test.translate', with: { to: 'de' }, engine: 'none' },
  ])('refuses the step %j', (step) => {
    const definition = { version: 1, steps: [step] }
    expect(validate(definition)).toBe(false)
    expect(() => shop.imagedoc.parse(definition)).toThrow()
  })

  it('describes operations for help, reference and forms', () => {
    const operations = shop.imagedoc.operations()
    expect(operations.find(({ name }) => name === 'test.stamp')).toMatchObject({
      plugin: 'imagedoc-plugin-workshop',
      namedInputs: true,
      inputs: [{ name: 'page', words: 'image' }, { name: 'mark' }],
      output: { kinds: ['image'], many: false },
    })
    expect(operations.find(({ name }) => name === 'test.pages')).toMatchObject({
      namedInputs: false,
      inputs: [{ kinds: ['pdf', 'image'] }],
      output: { words: 'many image' },
    })
    expect(operations.find(({ name }) => name === 'test.translate')).toMatchObject({
      engines: [
        { id: 'remote', network: true },
        { id: 'local', network: false },
      ],
    })
    expect(operations.some(({ name }) => name.startsWith('output.'))).toBe(false)
    expect(JSON.parse(JSON.stringify(operations))).toEqual(operations)
  })
})

describe('the schema of parameters that name other schemas', () => {
  const tree: z.ZodType = z.lazy(() => z.strictObject({ at: z.number(), below: z.array(tree).optional() }))
  const margin = z.strictObject({ left: z.number() }).meta({ id: 'Margin' })
  const itself = z.strictObject({
    size: z.number(),
    get again() {
      return itself.optional()
    },
  })
  const operation = (name: `x.${string}`, params: z.ZodObject) =>
    defineOperation({ name, version: 1, summary: 'Nothing.', input: data, output: data, params, run: ({ input }) => ({ output: input }) })
  const plugin = definePlugin({
    name: 'imagedoc-plugin-x',
    version: '1.0.0',
    apiVersion: 1,
    module: import.meta.url,
    setup: () => ({ operations: [operation('x.tree', z.strictObject({ tree, margin, any: z.json() })), operation('x.itself', itself)] }),
  })

  it('finds them in the whole', async () => {
    await using imagedoc = createImageDoc({ plugins: [plugin()] })
    const validate = compile(imagedoc.schema())
    const step = (use: string, params: unknown): boolean => {
      const definition = { version: 1, steps: [{ use, with: params }] }
      expect(imagedoc.problems(definition).length === 0).toBe(validate(definition))
      return validate(definition)
    }
    const given = { tree: { at: 1, below: [{ at: 2 }] }, margin: { left: 1 }, any: [{ a: null }] }
    expect(step('x.tree', given)).toBe(true)
    expect(step('x.tree', { ...given, tree: { at: 1, below: [{ at: 'two' }] } })).toBe(false)
    expect(step('x.tree', { ...given, margin: { right: 1 } })).toBe(false)
    expect(step('x.itself', { size: 1, again: { size: 2, again: { size: 3 } } })).toBe(true)
    expect(step('x.itself', { size: 1, again: { size: 2, again: { size: 'three' } } })).toBe(false)
  })
})
