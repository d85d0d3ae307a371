import { z } from 'zod'
import {
  type Context,
  type Diagnostic,
  defineOperation,
  definePlugin,
  type Engine,
  image,
  many,
  type Pixels,
  pageItem,
  sequenceOf,
  text,
} from '../../src/index.ts'

const params = z.strictObject({
  tag: z.string(),
  /** How much it has to say. */
  notes: z.int().min(0).default(1),
  /** All that it is given becomes the same: what stands below is found by its content. */
  flat: z.boolean().default(false),
})
type Params = z.output<typeof params>

/** They take no time, and hundreds of pipelines are tried. */
const inMainThread = { blocking: false } as const

const noteOf = (code: string, message: string): Diagnostic => ({ code, severity: 'info', message, details: { about: message } })

function speak({ report }: Pick<Context, 'report'>, { tag, notes }: Params, of: number): void {
  for (let note = 0; note < notes; note++) report(noteOf('NOTED', `${tag} note ${note} on ${of}`))
}

const first = (pixels: Pixels): number => pixels.data[0] ?? 0
const marked = (pixels: Pixels, { tag, flat }: Params): Pixels => ({
  ...pixels,
  data: pixels.data.map((value) => (flat ? 9 : value + tag.length)),
})

const mark = defineOperation({
  name: 'noisy.mark',
  version: 1,
  summary: 'Change every pixel, and say so.',
  input: image,
  output: image,
  params,
  traits: inMainThread,
  run({ input, params, context }) {
    speak(context, params, first(input))
    return { output: marked(input, params) }
  },
})

const toil = defineOperation({ ...mark, name: 'noisy.toil', traits: { ...inMainThread, cost: 'heavy' } })

const pair = defineOperation({
  name: 'noisy.pair',
  version: 1,
  summary: 'Add two images.',
  input: { page: image, other: image },
  output: image,
  params,
  traits: inMainThread,
  run({ input: { page, other }, params, context }) {
    speak(context, params, first(page) + first(other))
    return { output: { ...marked(page, params), data: page.data.map((value, index) => value + (other.data[index] ?? 0)) } }
  },
})

const split = defineOperation({
  name: 'noisy.split',
  version: 1,
  summary: 'The same image, twice.',
  input: image,
  output: many(image),
  params,
  traits: inMainThread,
  run({ input, params, context }) {
    speak(context, params, first(input))
    const at = (index: number): Pixels =>
      pageItem(
        { ...input, data: input.data.map((value) => value + index) },
        { diagnostics: [noteOf('PART', `${params.tag} part ${index}`)] },
      )
    return { output: sequenceOf(2, at) }
  },
})

const read = defineOperation({
  name: 'noisy.read',
  version: 1,
  summary: 'Read the pixels as numbers.',
  input: image,
  output: text,
  params,
  traits: inMainThread,
  run({ input, params, context }) {
    speak(context, params, first(input))
    return { output: { text: `${params.tag} ${[...input.data].slice(0, 9).join(' ')}`, language: null } }
  },
})

const gather = defineOperation({
  name: 'noisy.gather',
  version: 1,
  summary: 'Images beside texts.',
  input: { pages: many(image), texts: many(text) },
  output: text,
  params,
  traits: inMainThread,
  async run({ input: { pages, texts }, params, context }) {
    const parts: string[] = []
    for (let index = 0; index < texts.length; index++)
      parts.push((await texts.at(index)).text, String(first((await pages.at(index)) as Pixels)))
    speak(context, params, texts.length)
    return { output: { text: parts.join('|'), language: null } }
  },
})

const missing: Engine<AsyncDisposable> = {
  id: 'missing',
  available: async () => ({ ok: false, why: 'It is not installed.', remedy: 'Install it.' }),
  fingerprint: async () => null,
  open: () => Promise.reject(new Error('It is not installed.')),
}

const absent = defineOperation({ ...mark, name: 'noisy.absent', engines: [missing] })

const plugin = definePlugin({
  name: 'imagedoc-plugin-noisy',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  options: z.undefined(),
  setup: () => ({ operations: [mark, toil, pair, split, read, gather, absent] }),
})

/** Operations of every shape that have something to say of all that they do. */
// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which threads and children find it
export default plugin
