import { z } from 'zod'
import {
  type AnyOperation,
  data,
  defineOperation,
  type Engine,
  ImageDocError,
  image,
  type Json,
  many,
  type Pixels,
  type Sequence,
  sequenceOf,
  type Text,
  text,
  throwIfAborted,
} from '../../src/index.ts'
import { type WorkLog, work } from './log.ts'

const none = z.strictObject({})

/** A provider on the network, made up: the only fake. */
export interface Provider {
  available: boolean
  model: string
  secret: string
  calls: number
  /** Asked for every word. */
  answer(word: string, call: number): string
}

export function createProvider(secret = 'correct horse'): Provider {
  return { available: true, model: 'model-1', secret, calls: 0, answer: (word) => word.toUpperCase() }
}

export interface Dictionary extends AsyncDisposable {
  translate(word: string): Promise<string>
}

function providerEngine(provider: Provider): Engine<Dictionary> {
  return {
    id: 'remote',
    network: true,
    available: async () =>
      provider.available ? { ok: true } : { ok: false, why: 'The provider is not configured.', remedy: 'Set its key.' },
    fingerprint: async (params) => ({ model: provider.model, to: (params as { to: string }).to }),
    open: async () => ({
      translate: async (word) => provider.answer(word, ++provider.calls),
      async [Symbol.asyncDispose]() {},
    }),
  }
}

const localEngine: Engine<Dictionary> = {
  id: 'local',
  available: async () => ({ ok: true }),
  fingerprint: async () => ({ version: 'local/1' }),
  open: async () => ({ translate: async (word) => `<${word}>`, async [Symbol.asyncDispose]() {} }),
}

/** Operations that give text or data. */
export function textOperations(log: WorkLog, provider: Provider) {
  const read = defineOperation({
    name: 'test.read',
    version: 1,
    summary: 'Read the pixels as numbers.',
    input: image,
    output: text,
    params: z.strictObject({ separator: z.string().default(' ') }),
    run: ({ input, params, context: { signal } }) =>
      work(log, { operation: 'read', value: input.data[0] ?? 0, signal }, () => ({
        output: asText([...input.data].join(params.separator)),
      })),
  })

  const translate = defineOperation({
    name: 'test.translate',
    version: 1,
    summary: 'Translate word by word.',
    input: text,
    output: text,
    params: z.strictObject({ to: z.string() }),
    traits: { deterministic: false },
    engines: [providerEngine(provider), localEngine],
    run: ({ input, params, context }) =>
      work(log, { operation: 'translate', value: input.text, signal: context.signal }, async () => {
        const words: string[] = []
        for (const word of input.text.split(' ')) {
          words.push(await context.memo({ word, to: params.to }, () => context.engine.translate(word)))
        }
        return { output: asText(words.join(' ')) }
      }),
  })

  const remote = defineOperation({ ...translate, name: 'test.translate-remote', engines: [providerEngine(provider)] })

  const remotePages = defineOperation({
    name: 'test.pages-remote',
    version: 1,
    summary: 'One text for each word, from a provider.',
    input: text,
    output: many(text),
    params: z.strictObject({ to: z.string().default('en') }),
    engines: [providerEngine(provider)],
    run({ input, params, context }) {
      throwIfAborted(context.signal)
      const found = input.text.split(' ')
      return { output: sequenceOf(found.length, (index) => asText(`${found[index]} ${params.to}`)) }
    },
  })

  const remoteJoin = defineOperation({
    name: 'test.join-remote',
    version: 1,
    summary: 'One text of many, by a provider.',
    input: many(text),
    output: text,
    params: z.strictObject({ to: z.string().default('en') }),
    engines: [providerEngine(provider)],
    run: async ({ input, params, context }) => {
      throwIfAborted(context.signal)
      return { output: asText(await joined(input, params.to)) }
    },
  })

  return [read, translate, remote, remotePages, remoteJoin, ...gathering(log)] as const satisfies readonly AnyOperation[]
}

function gathering(log: WorkLog) {
  const join = defineOperation({
    name: 'test.join',
    version: 1,
    summary: 'One text of many, refusing holes.',
    input: many(text),
    output: text,
    params: z.strictObject({ by: z.string().default('|') }),
    run: ({ input, params, context: { signal } }) =>
      work(log, { operation: 'join', value: input.length, signal }, async () => ({ output: asText(await joined(input, params.by)) })),
  })

  const joinSome = defineOperation({
    ...join,
    name: 'test.join-some',
    summary: 'One text of many, holes and all.',
    traits: { holes: 'accept' },
    run: ({ input, params, context: { signal } }) =>
      work(log, { operation: 'join-some', value: input.length, signal }, async () => ({ output: asText(await joined(input, params.by)) })),
  })

  const words = defineOperation({
    name: 'test.words',
    version: 1,
    summary: 'One text for each word.',
    input: text,
    output: many(text),
    params: none,
    run({ input, context: { signal } }) {
      const found = input.text.trim().split(/\s+/)
      return {
        output: sequenceOf(found.length, (index) =>
          work(log, { operation: 'words', value: index, signal }, () => asText(found[index] ?? '')),
        ),
      }
    },
  })

  const shout = defineOperation({
    name: 'test.shout',
    version: 1,
    summary: 'Put an end to a text.',
    input: text,
    output: text,
    params: z.strictObject({ end: z.string().default('!') }),
    traits: { cost: 'heavy' },
    run: ({ input, params, context: { signal } }) =>
      work(log, { operation: 'shout', value: input.text, signal }, () => {
        if (params.end === 'fail') throw new ImageDocError('OPERATION_FAILED', 'It would not end.', { path: 'with.end' })
        return { output: asText(input.text + params.end) }
      }),
  })

  const frame = defineOperation({
    name: 'test.frame',
    version: 1,
    summary: 'Put a text between two.',
    input: text,
    output: text,
    params: z.strictObject({ left: z.string().default('('), right: z.string().default(')') }),
    run: ({ input, params: { left, right }, context: { signal } }) =>
      work(log, { operation: 'frame', value: input.text, signal }, () => ({ output: asText(left + input.text + right) })),
  })

  const collate = defineOperation({
    name: 'test.collate',
    version: 1,
    summary: 'Pages beside their texts.',
    input: { pages: many(image), texts: many(text) },
    output: data,
    params: none,
    run: ({ input: { pages, texts }, context: { signal } }) =>
      work(log, { operation: 'collate', value: pages.length, signal }, async () => {
        const pairs: Json[] = []
        for (let index = 0; index < pages.length; index++) {
          const page: Pixels = await pages.at(index)
          pairs.push([[...page.data], (await texts.at(index)).text])
        }
        return { output: pairs }
      }),
  })

  return [join, joinSome, words, shout, frame, collate] as const
}

const asText = (value: string): Text => ({ text: value, language: null })

async function joined(input: Sequence<Text>, by = '|'): Promise<string> {
  const parts: string[] = []
  for (let index = 0; index < input.length; index++) parts.push(input.has(index) ? (await input.at(index)).text : '(hole)')
  return parts.join(by)
}
