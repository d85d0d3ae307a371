// Faults and waits as a plugin: what a run meets in the world, through the interface that any plugin has.
import { defineOperation, definePlugin, ImageDocError, image } from '@imagedoc/core'
import imagePlugin from '@imagedoc/plugin-image'
import pdfPlugin from '@imagedoc/plugin-pdf'
import { z } from 'zod'

export { imagePlugin, pdfPlugin }

/** Passes pages on, but not those of one width. */
const refuse = defineOperation({
  name: 'test.refuse',
  version: 1,
  summary: 'Refuse pages of one width.',
  input: image,
  output: image,
  params: z.strictObject({ width: z.int().meta({ unit: 'px' }) }),
  run: ({ input, params }) => {
    if (input.width === params.width) throw new ImageDocError('CORRUPT_INPUT', `A page of ${params.width} pixels is refused.`)
    return { output: { ...input, data: input.data.slice() } }
  },
})

/** Waits before it passes a page of one width on. */
const wait = defineOperation({
  name: 'test.wait',
  version: 1,
  summary: 'Wait on pages of one width.',
  input: image,
  output: image,
  params: z.strictObject({ width: z.int(), ms: z.int(), deaf: z.boolean().default(false) }),
  traits: { blocking: false },
  run: async ({ input, params, context }) => {
    if (input.width === params.width) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, params.ms)
        if (params.deaf) return
        context.signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return { output: { ...input, data: input.data.slice() } }
  },
})

/** Computes for ever on pages of one width. */
const spin = defineOperation({
  name: 'test.spin',
  version: 1,
  summary: 'Never return from pages of one width.',
  input: image,
  output: image,
  params: z.strictObject({ width: z.int() }),
  run: ({ input, params }) => {
    while (input.width === params.width) Math.random()
    return { output: { ...input, data: input.data.slice() } }
  },
})

/** Throws what is no error of ours on pages of one width. */
const stumble = defineOperation({
  name: 'test.stumble',
  version: 1,
  summary: 'Throw on pages of one width.',
  input: image,
  output: image,
  params: z.strictObject({ width: z.int() }),
  run: ({ input, params }) => {
    if (input.width === params.width) throw new TypeError('The test stumbled.')
    return { output: { ...input, data: input.data.slice() } }
  },
})

/** Takes the whole process down on pages of one width. */
const crash = defineOperation({
  name: 'test.crash',
  version: 1,
  summary: 'Crash on pages of one width.',
  input: image,
  output: image,
  params: z.strictObject({ width: z.int() }),
  run: ({ input, params }) => {
    if (input.width === params.width) process.abort()
    return { output: { ...input, data: input.data.slice() } }
  },
})

/** Holds so much memory beside the page. */
const hold = defineOperation({
  name: 'test.hold',
  version: 1,
  summary: 'Hold memory.',
  input: image,
  output: image,
  params: z.strictObject({ mib: z.int() }),
  run: async ({ input, params }) => {
    const held = Array.from({ length: params.mib }, (_, index) => Buffer.alloc(2 ** 20, index + 1))
    // Whoever watches the memory of the process looks a few times a second.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    return { output: { ...input, data: input.data.map((value) => (value + (held.at(-1)?.[0] ?? 0)) % 256) } }
  },
})

/** Two named inputs: the mark's first pixel goes over the page's. */
const mark = defineOperation({
  name: 'test.mark',
  version: 1,
  summary: 'Put a mark on a page.',
  input: { page: image, mark: image },
  output: image,
  params: z.strictObject({ label: z.string().default('x').meta({ description: 'Text, even when it looks like a number.' }) }),
  run: ({ input: { page, mark: logo } }) => {
    const data = page.data.slice()
    data[0] = logo.data[0] ?? 0
    return { output: { ...page, data } }
  },
})

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory
export default definePlugin({
  name: 'imagedoc-plugin-faults',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [refuse, wait, spin, stumble, crash, hold, mark] }),
})
