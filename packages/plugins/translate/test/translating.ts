import type { Context, Engine, Text } from '@imagedoc/core'
import type { z } from 'zod'
import { type TranslateOptions, text } from '../src/index.ts'
import type { translateParams } from '../src/params.ts'
import { createText } from '../src/text.ts'
import type { Translator } from '../src/translator.ts'
import { fakeContext } from './context.ts'

/** One engine of `translate.text`, open, with what a test asks of it. */
export interface Reading extends AsyncDisposable {
  readonly engine: Engine<Translator>
  readonly context: ReturnType<typeof fakeContext<Translator>>
  translate(input: string | Text, params: z.input<typeof translateParams>, signal?: AbortSignal): Promise<Text>
}

export async function openTranslator(id: string, options: TranslateOptions = {}): Promise<Reading> {
  const operation = createText(options)
  const engine = operation.engines?.find((candidate) => candidate.id === id)
  if (!engine) throw new Error(`There is no engine ${id}.`)
  const instance = await engine.open()
  const context = fakeContext<Translator>(instance)
  return {
    engine,
    context,
    async translate(input, params, signal) {
      const value = typeof input === 'string' ? { text: input, language: null } : input
      const call: Context<Translator> = signal ? { ...context, signal } : context
      const { output } = await operation.run({ input: value, params: operation.params.parse(params), context: call })
      return output
    },
    [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose](),
  }
}

/** Why the tests of Apertium are left out, if they are. In CI that is a failure. */
export async function apertiumMissing(): Promise<string | false> {
  const engine = text.engines?.find(({ id }) => id === 'apertium')
  const answer = await engine?.available(text.params.parse({ from: 'pt', to: 'en' }))
  if (answer?.ok) return false
  if (process.env['IMAGEDOC_REQUIRE_DRIVERS'] === '1') throw new Error(`${answer?.why} ${answer?.remedy}`)
  return `${answer?.why} ${answer?.remedy}`
}
