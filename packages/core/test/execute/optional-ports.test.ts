import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createImageDoc, createMemoryResultCache, data, defineOperation, definePlugin, many, optional, text } from '../../src/index.ts'
import { createWorkLog } from '../workshop/log.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { textInput, textOf } from '../workshop/workshop.ts'

const none = z.strictObject({})
const same = { name: 'note.copy', version: 1, summary: 'Give a text back.', output: text, params: none, traits: { cost: 'heavy' } } as const

const plugin = definePlugin({
  name: 'imagedoc-plugin-notes',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      defineOperation({
        name: 'note.sign',
        version: 1,
        summary: 'Put a name under a text, and how many others there are.',
        input: { text, name: optional(text), others: optional(many(text)) },
        output: text,
        params: none,
        traits: { cost: 'heavy' },
        run: ({ input }) => {
          const signed = `${input.text.text} - ${input.name?.text ?? 'nobody'}`
          return { output: { text: input.others ? `${signed} and ${input.others.length}` : signed, language: null } }
        },
      }),
      defineOperation({ ...same, input: { text, name: optional(data) }, run: ({ input }) => ({ output: input.text }) }),
    ],
  }),
})
/** The same operation before it had an optional port. */
const earlier = definePlugin({
  name: 'imagedoc-plugin-notes',
  version: '0.9.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [defineOperation({ ...same, input: { text }, run: ({ input }) => ({ output: input.text }) })] }),
})

const open = () => createImageDoc({ plugins: [workshopPlugin(createWorkLog(), createProvider()), plugin()] })
let imagedoc: ReturnType<typeof open>
beforeEach(() => {
  imagedoc = open()
})
afterEach(() => imagedoc[Symbol.asyncDispose]())

const signing = (from?: string | Record<string, string>) => ({
  version: 1 as const,
  steps: [
    { id: 'loud', use: 'test.shout' },
    { id: 'sign', use: 'note.sign', ...(from && { from }) },
  ],
  inputs: { who: { kind: 'text' } },
  outputs: { 'out.txt': 'sign' },
})
const run = async (pipeline: object, who = 'Ana') => {
  const result = await imagedoc.run(pipeline as never, { input: textInput('hello'), who: textInput(who) })
  expect(result.error).toBeUndefined()
  const texts = await Promise.all((result.outputs['out.txt']?.entries() ?? []).map(({ artifact }) => artifact && textOf(artifact)))
  return { texts, step: result.receipt.steps.find(({ id }) => id === 'sign') }
}

describe('an optional port', () => {
  it('may be left open, in words, by name or by the step before', async () => {
    for (const from of [undefined, 'loud', { text: 'loud' }]) expect((await run(signing(from))).texts).toEqual(['hello! - nobody'])
    expect((await run(signing({ text: 'loud', name: 'who' }))).texts).toEqual(['hello! - Ana'])
    expect((await run(signing({ text: 'loud', others: 'who' }))).texts).toEqual(['hello! - nobody and 1'])
  })

  it('is a part of the key, given or open', async () => {
    const [open, given] = [signing(), signing({ text: 'loud', name: 'who' })]
    const keys = [(await run(open)).step?.key, (await run(given)).step?.key, (await run(given, 'Rui')).step?.key]
    expect(new Set(keys).size).toBe(3)
    expect(await run(open, 'Rui')).toMatchObject({ texts: ['hello! - nobody'], step: { cache: 'hit', key: keys[0] } })
    expect(await run(given)).toMatchObject({ texts: ['hello! - Ana'], step: { cache: 'hit', key: keys[1] } })
  })

  it('leaves the key of an operation that had no such port, while it is open', async () => {
    const cache = createMemoryResultCache()
    const pipeline = { version: 1 as const, steps: [{ use: 'note.copy' }] }
    await using before = createImageDoc({ plugins: [earlier()], cache })
    await using after = createImageDoc({ plugins: [plugin()], cache })
    expect((await before.run(pipeline, { input: textInput('hello') })).receipt.steps[0]?.cache).toBe('miss')
    expect((await after.run(pipeline, { input: textInput('hello') })).receipt.steps[0]?.cache).toBe('hit')
  })

  it('joins pages by their names, as any other', async () => {
    const pipeline = {
      version: 1,
      steps: [
        { id: 'words', use: 'test.words' },
        { id: 'loud', use: 'test.shout' },
        { id: 'sign', use: 'note.sign', from: { text: 'loud', name: 'words' } },
      ],
      outputs: { 'out.txt': 'sign' },
    }
    const { outputs } = await imagedoc.run(pipeline as never, { input: textInput('one two') })
    const entries = outputs['out.txt']?.entries() ?? []
    expect(await Promise.all(entries.map(({ artifact }) => artifact && textOf(artifact)))).toEqual(['one! - one', 'two! - two'])
  })

  it('is told of by name, and so is a port that must be given', () => {
    const [sign] = imagedoc.operations().filter(({ name }) => name === 'note.sign')
    expect(sign?.inputs.map(({ name, optional: isOptional, words }) => `${name} ${isOptional} ${words}`)).toEqual([
      'text false text',
      'name true optional text',
      'others true optional many text',
    ])
    expect(imagedoc.problems(signing({ name: 'who' }))).toMatchObject([
      { path: 'steps[1].from', message: 'note.sign also needs "text".', remedy: 'Write "from": { "text": "<step id>", "name": "who" }.' },
    ])
    expect(imagedoc.problems(signing({ text: 'loud', nam: 'who' }))).toMatchObject([
      { path: 'steps[1].from.nam', remedy: expect.stringContaining('Did you mean "name"?') },
    ])
  })

  it('is neither the first nor the output', () => {
    const base = { ...same, run: () => ({ output: { text: '', language: null } }) }
    const refused = expect.objectContaining({ code: 'PLUGIN_INVALID', message: expect.stringContaining('may not be optional') })
    expect(() => defineOperation({ ...base, input: { name: optional(text), text } })).toThrow(refused)
    expect(() => defineOperation({ ...base, input: optional(text) })).toThrow(refused)
    expect(() => defineOperation({ ...base, input: text, output: optional(text) })).toThrow(refused)
  })
})
