import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createImageDoc,
  createMemoryResultCache,
  defineOperation,
  definePlugin,
  digestOf,
  image,
  many,
  type PipelineDefinition,
} from '../../src/index.ts'
import { imageFile, readImageFile } from '../workshop/codec.ts'
import { createWorkLog } from '../workshop/log.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { imageInput } from '../workshop/workshop.ts'

const plugin = definePlugin({
  name: 'imagedoc-plugin-sheets',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      defineOperation({
        name: 'sheet.marked',
        version: 1,
        summary: 'The first page with a mark on it.',
        input: { pages: many(image), mark: image },
        output: image,
        params: z.strictObject({}),
        run: async ({ input: { pages, mark } }) => {
          const page = await pages.at(0)
          return { output: { ...page, data: page.data.map((value, index) => value + (mark.data[index] ?? 0)) } }
        },
      }),
    ],
  }),
})

const ada = imageFile({ width: 2, height: 1, properties: { owner: 'Ada' } })
const bob = imageFile({ width: 2, height: 1, properties: { owner: 'Bob' } }, () => 9)

/** What comes out cold, warm, and with nothing kept between. */
async function runs(steps: PipelineDefinition['steps']) {
  await using imagedoc = createImageDoc({
    plugins: [workshopPlugin(createWorkLog(), createProvider()), plugin()],
    cache: createMemoryResultCache(),
  })
  const last = steps.at(-1)?.id as string
  const unkept = steps.map((step) => ({ ...step, cache: false }))
  const found: object[] = []
  for (const used of [steps, steps, unkept]) {
    const pipeline = { version: 1 as const, inputs: { other: { kind: 'image' } }, steps: used, outputs: { 'a.png': last } }
    const { outputs, error } = await imagedoc.run(pipeline, { input: imageInput(ada), other: imageInput(bob) })
    expect(error).toBeUndefined()
    const artifact = await outputs['a.png']!.one()
    const { pixels, properties } = readImageFile(await artifact.bytes())
    const { source, page, matrix } = artifact.origin
    found.push({ pixels, properties, source, page: page.source, lies: matrix !== null })
  }
  return found
}
const sameEachTime = (expected: object) => [expected, expected, expected]

describe('a step with several ports', () => {
  const ofAda = { properties: { owner: 'Ada' }, source: digestOf(ada), page: digestOf(ada), lies: true }
  const add = { id: 'add', use: 'test.add', with: { by: 100 }, from: 'other' }
  const stamp = { id: 'stamp', use: 'test.stamp', from: { page: 'input', mark: 'add' } }
  const file = { id: 'file', use: 'test.encode', from: 'stamp' }

  it('lies on what its first port takes, though a step before it gives another one', async () => {
    expect(await runs([add, stamp, file])).toEqual(sameEachTime({ ...ofAda, pixels: [110, 110] }))
  })

  it('hands on what its first port takes where perPage skips it, kept or not', async () => {
    for (const kept of [{}, { cache: true }])
      expect(await runs([add, { ...stamp, ...kept, perPage: [{ pages: '1', skip: true }] }, file])).toEqual(
        sameEachTime({ ...ofAda, pixels: [1, 1] }),
      )
  })

  it('is of the file of its first port where that takes a sequence, and takes no properties from the others', async () => {
    const steps = [
      { id: 'parts', use: 'test.split', from: 'input' },
      { id: 'clean', use: 'test.clean', from: 'other' },
      { id: 'sheet', use: 'sheet.marked', from: { pages: 'parts', mark: 'clean' } },
      { id: 'file', use: 'test.encode' },
    ]
    const made = { pixels: [11], properties: {}, source: digestOf(ada), page: digestOf(ada), lies: false }
    expect(await runs(steps)).toEqual(sameEachTime(made))
  })
})
