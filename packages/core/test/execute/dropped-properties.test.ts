import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createImageDoc,
  createMemoryResultCache,
  defineOperation,
  definePlugin,
  image,
  many,
  type PipelineDefinition,
  sequenceOf,
} from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { createWorkLog } from '../workshop/log.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { imageInput } from '../workshop/workshop.ts'

const blackened = { version: 1, summary: 'Take out what nobody may see.', input: image, params: z.strictObject({}) } as const
const plugin = definePlugin({
  name: 'imagedoc-plugin-redaction',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      defineOperation({
        ...blackened,
        name: 'redact.page',
        output: image,
        traits: { properties: 'drop' },
        run: ({ input, context }) => {
          expect(context.properties).toEqual({})
          return { output: { ...input, data: input.data.map(() => 0) } }
        },
      }),
      defineOperation({
        ...blackened,
        name: 'redact.parts',
        output: many(image),
        traits: { properties: 'drop' },
        run: ({ input }) => ({ output: sequenceOf(2, () => ({ ...input, data: input.data.map(() => 1) })) }),
      }),
    ],
  }),
})

/** In one segment, and in several: what is kept is found again by its own key. */
const between: [string, PipelineDefinition['steps']][] = [
  ['at once', []],
  ['after a step that is kept', [{ use: 'test.clean' }]],
  ['after one that is kept and one that is not', [{ use: 'test.clean' }, { use: 'test.add' }]],
]
const pages: [string, PipelineDefinition['steps']][] = [
  ['a page', [{ use: 'redact.page' }]],
  ['a page that is kept', [{ use: 'redact.page', cache: true }]],
  ['a part of a page', [{ use: 'test.split' }, { use: 'redact.page' }]],
  ['a page that is taken apart then', [{ use: 'redact.page' }, { use: 'test.split' }]],
  ['a page that it takes apart itself', [{ use: 'redact.parts' }]],
]

describe('an operation that drops properties', () => {
  it.each(pages.flatMap(([what, redacting]) => between.map(([when, after]) => [what, when, [...redacting, ...after]] as const)))(
    'leaves none of them with %s, nor in the file that is written %s, cold and warm',
    async (_, _when, steps) => {
      const cache = createMemoryResultCache()
      await using imagedoc = createImageDoc({ plugins: [workshopPlugin(createWorkLog(), createProvider()), plugin()], cache })
      const pipeline = {
        version: 1 as const,
        steps: [...steps.slice(0, -1), { ...steps.at(-1)!, id: 'last' }, { id: 'file', use: 'test.encode' }],
        outputs: { 'a.png': 'file', 'b.tiff': 'last', 'c.png': 'last' },
      }
      for (const owner of ['Ada', 'Ada', 'Bob'])
        for (const input of [imageInput(imageFile({ width: 4, properties: { owner } }))]) {
          const { outputs, error } = await imagedoc.run(pipeline, { input })
          expect(error).toBeUndefined()
          for (const output of Object.values(outputs))
            for (const { artifact } of output.entries()) {
              expect(artifact?.origin.properties).toEqual({})
              if (artifact) expect(readImageFile(await artifact.bytes()).properties).toEqual({})
            }
        }
    },
  )

  it('shares what is written of equal pages of two owners: their properties are no part of its key', async () => {
    const log = createWorkLog()
    await using imagedoc = createImageDoc({ plugins: [workshopPlugin(log, createProvider()), plugin()] })
    const pipeline = {
      version: 1 as const,
      steps: [
        { use: 'redact.page', cache: true },
        { use: 'test.encode', cache: true },
      ],
    }
    for (const owner of ['Ada', 'Bob']) await imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 4, properties: { owner } })) })
    expect(log.taken()).toEqual({ encode: 1 })
  })

  it('leaves what was written before it as it is', async () => {
    await using imagedoc = createImageDoc({ plugins: [workshopPlugin(createWorkLog(), createProvider()), plugin()] })
    const steps = [{ use: 'test.add' }, { id: 'file', use: 'test.encode' }, { id: 'bare', use: 'redact.page', from: 'test.add' }]
    const pipeline = { version: 1 as const, steps, outputs: { 'a.png': 'file', 'b.png': 'bare' } }
    const { outputs } = await imagedoc.run(pipeline, { input: imageInput(imageFile({ width: 4, properties: { owner: 'Ada' } })) })
    const written = await Promise.all(
      Object.values(outputs).map(async (output) => readImageFile(await (await output.one()).bytes()).properties),
    )
    expect(written).toEqual([{ owner: 'Ada' }, {}])
  })
})
