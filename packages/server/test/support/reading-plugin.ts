import { createLayout, defineOperation, definePlugin, ImageDocError, image, layout, text } from '@imagedoc/core'
import { z } from 'zod'

/** Reads every page as the same words, one below the other: OCR takes seconds. */
const read = defineOperation({
  name: 'test.read',
  version: 1,
  summary: 'Read given words on every page.',
  input: image,
  output: layout,
  params: z.strictObject({ words: z.array(z.string()).default(['Lisboa', 'Álvaro']) }),
  traits: { cost: 'heavy' },
  run: ({ input: { width, height, density }, params }) => {
    const words = params.words.map((text, index) => {
      const box = [10, 10 + index * 20, 60, 25 + index * 20] as const
      return { box, words: [{ text, box, confidence: 0.9 }] }
    })
    const box = [10, 10, 60, 30 + words.length * 20] as const
    return { output: createLayout({ width, height, density, blocks: [{ kind: 'paragraph', box, lines: words }] }) }
  },
})

/** As little work as a layout can be. */
const glance = defineOperation({
  name: 'test.glance',
  version: 1,
  summary: 'See that there is a page.',
  input: image,
  output: layout,
  params: z.strictObject({}),
  traits: { cost: 'light' },
  run: ({ input: { width, height, density } }) => ({ output: createLayout({ width, height, density, blocks: [] }) }),
})

/** What a person or a dictionary does to a reading. */
const correct = defineOperation({
  name: 'test.correct',
  version: 1,
  summary: 'Write other words over those of every page.',
  input: layout,
  output: layout,
  params: z.strictObject({ text: z.string(), refuse: z.boolean().default(false) }),
  traits: { cost: 'light' },
  run: ({ input, params: { text, refuse } }) => {
    if (refuse) throw new ImageDocError('INVALID_PARAMETER', 'This page is not to be corrected.')
    const { width, height, density } = input
    const box = [0, 0, width, height] as const
    return { output: createLayout({ width, height, density, blocks: [{ kind: 'paragraph', box, lines: [{ box, text }] }] }) }
  },
})

const size = defineOperation({
  name: 'test.size',
  version: 1,
  summary: 'Say how large a page is.',
  input: layout,
  output: text,
  params: z.strictObject({}),
  traits: { cost: 'light' },
  run: ({ input: { width, height } }) => ({ output: { text: `${width} x ${height}`, language: null } }),
})

// biome-ignore lint/style/noDefaultExport: a plugin's module default-exports its factory, by which children find it
export default definePlugin({
  name: 'imagedoc-plugin-test-reading',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({ operations: [read, glance, correct, size] }),
})
