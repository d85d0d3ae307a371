import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createImageDoc,
  data,
  defineOperation,
  definePlugin,
  image,
  type Json,
  type Matrix,
  many,
  mapPoint,
  optional,
  type PipelineDefinition,
  translation,
} from '../../src/index.ts'
import { imageFile } from '../workshop/codec.ts'
import { createWorkLog } from '../workshop/log.ts'
import { workshopPlugin } from '../workshop/plugin.ts'
import { createProvider } from '../workshop/text-operations.ts'
import { imageInput } from '../workshop/workshop.ts'

const none = z.strictObject({})
/** x of the left edge of a mark at 1 in `found`, in `page`. */
const left = (map: Matrix): number => Math.round(mapPoint(map, [1, 0])[0] * 1e6) / 1e6

const plugin = definePlugin({
  name: 'imagedoc-plugin-places',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      // The same bytes, wherever it was found.
      defineOperation({
        name: 'place.find',
        version: 1,
        summary: 'Find a mark.',
        input: image,
        output: data,
        params: none,
        run: () => ({ output: 'a mark at 1' }),
      }),
      defineOperation({
        name: 'place.strip',
        version: 1,
        summary: 'Cut four pixels out of the page.',
        input: image,
        output: image,
        params: z.strictObject({ left: z.int() }),
        run: ({ input, params: { left: x } }) => ({
          output: { ...input, width: 4, height: 1, data: input.data.slice(x, x + 4) },
          matrix: translation(x, 0),
        }),
      }),
      defineOperation({
        name: 'place.lose',
        version: 1,
        summary: 'Bend the page.',
        input: image,
        output: image,
        params: none,
        run: ({ input }) => ({ output: input, matrix: null }),
      }),
      defineOperation({
        name: 'place.put',
        version: 1,
        summary: 'Say where the mark lies on the page.',
        input: { page: image, found: optional(data) },
        output: data,
        params: none,
        traits: { geometry: true, cost: 'heavy' },
        run: ({ input, context }) => ({ output: input.found === undefined ? 'nothing' : left(context.between('found', 'page')) }),
      }),
      defineOperation({
        name: 'place.all',
        version: 1,
        summary: 'Say where the mark lies on every page.',
        input: { pages: many(image), found: many(data) },
        output: data,
        params: none,
        traits: { geometry: true },
        run: async ({ input: { pages, found }, context }) => {
          const places: Json[] = []
          for (let index = 0; index < pages.length; index++) {
            await Promise.all([pages.at(index), found.at(index)])
            places.push(left(context.between('found', 'pages', index)))
          }
          return { output: places }
        },
      }),
      defineOperation({
        name: 'place.guess',
        version: 1,
        summary: 'Ask without the trait.',
        input: { page: image, found: data },
        output: data,
        params: none,
        run: ({ context }) => ({ output: left(context.between('found', 'page')) }),
      }),
      defineOperation({
        name: 'place.hurry',
        version: 1,
        summary: 'Ask before reading.',
        input: { pages: many(image), found: many(data) },
        output: data,
        params: none,
        traits: { geometry: true },
        run: ({ context }) => ({ output: left(context.between('found', 'pages')) }),
      }),
    ],
  }),
})

type Steps = PipelineDefinition['steps']
const open = () => createImageDoc({ plugins: [workshopPlugin(createWorkLog(), createProvider()), plugin()] })
const run = async (imagedoc: ReturnType<typeof open>, steps: Steps, input = imageInput(imageFile({ width: 9 }))) => {
  const last = steps.at(-1) as Steps[number]
  const pipeline = { version: 1 as const, steps: [...steps.slice(0, -1), { ...last, id: 'last' }], outputs: { 'a.json': 'last' } }
  const { outputs, error, receipt } = await imagedoc.run(pipeline, { input })
  const entries = outputs['a.json']?.entries() ?? []
  const values = await Promise.all(
    entries.map(async ({ artifact }) => artifact && JSON.parse(Buffer.from(await artifact.bytes()).toString())),
  )
  return { values, error, step: receipt.steps.find(({ id }) => id === 'last') }
}
const crop = (by: number, id: string, from?: string) => ({ id, use: 'test.crop', with: { left: by }, ...(from && { from }) })
const put = (page: string, found = 'found') => ({ use: 'place.put', from: { page, found } })
/** Found after one crop, put on the page after another. */
const twoCrops = (one: number, other: number): Steps => [
  crop(one, 'one'),
  { id: 'found', use: 'place.find' },
  crop(other, 'other', 'input'),
  put('other'),
]

describe('context.between', () => {
  it.each<[string, Steps, number]>([
    ['found on the page itself', [crop(2, 'page'), { id: 'found', use: 'place.find' }, put('page')], 1],
    ['found before a crop', [{ id: 'found', use: 'place.find' }, crop(3, 'page', 'input'), put('page')], -2],
    ['found after a crop, and put on the page before it', [crop(3, 'cropped'), { id: 'found', use: 'place.find' }, put('input')], 4],
    ['found on one of two crops, and put on the other', twoCrops(3, 2), 2],
    [
      'found after a page was enlarged and cropped',
      [{ use: 'test.double' }, crop(2, 'page'), { id: 'found', use: 'place.find' }, put('input')],
      1.5,
    ],
  ])('leads from a mark that was %s to the page, cold and warm', async (_, steps, at) => {
    await using imagedoc = open()
    for (const cache of ['miss', 'hit']) expect(await run(imagedoc, steps)).toMatchObject({ values: [at], step: { cache } })
  })

  it('knows of files that are stored turned round', async () => {
    await using imagedoc = open()
    const input = imageInput(imageFile({ width: 9, turned: true }))
    expect((await run(imagedoc, [crop(3, 'page'), { id: 'found', use: 'place.find' }, put('input')], input)).values).toEqual([4])
    expect((await run(imagedoc, [{ id: 'found', use: 'place.find' }, put('input')], input)).values).toEqual([1])
  })

  it('makes two results of the same bytes that lie otherwise on each other', async () => {
    await using imagedoc = open()
    // A page of one colour: each crop of it by the same width has the same bytes, and so has what is found.
    const input = () => imageInput(imageFile({ width: 9, height: 1 }, () => 7))
    const strips = (at: number): Steps => [
      { id: 'one', use: 'place.strip', with: { left: at } },
      { id: 'found', use: 'place.find' },
      { id: 'page', use: 'place.strip', with: { left: 2 }, from: 'input' },
      put('page'),
    ]
    const [near, far, again] = [
      await run(imagedoc, strips(3), input()),
      await run(imagedoc, strips(5), input()),
      await run(imagedoc, strips(3), input()),
    ]
    expect([near.values, far.values, again.values]).toEqual([[2], [4], [2]])
    expect(near.step?.key).not.toBe(far.step?.key)
    expect(again.step).toMatchObject({ cache: 'hit', key: near.step?.key })
  })

  it('shares a result where the same bytes lie the same way on each other, by whatever way they came there', async () => {
    await using imagedoc = open()
    const input = () => imageInput(imageFile({ width: 9, height: 1 }, () => 7))
    const strips = (at: number): Steps => [
      { id: 'one', use: 'place.strip', with: { left: at } },
      { id: 'found', use: 'place.find' },
      { id: 'page', use: 'place.strip', with: { left: at }, from: 'input' },
      put('page'),
    ]
    expect((await run(imagedoc, strips(3), input())).values).toEqual([1])
    expect(await run(imagedoc, strips(4), input())).toMatchObject({ values: [1], step: { cache: 'hit' } })
  })

  it('tells of the parts of a page, item by item, in steps that are mapped and in one that takes them all', async () => {
    await using imagedoc = open()
    const parts: Steps = [{ id: 'parts', use: 'test.split' }, crop(1, 'page'), { id: 'found', use: 'place.find', from: 'parts' }]
    for (const _ of ['cold', 'warm']) {
      expect((await run(imagedoc, [...parts, put('page')])).values).toEqual([0, 0])
      expect((await run(imagedoc, [...parts, { use: 'place.all', from: { pages: 'page', found: 'found' } }])).values).toEqual([[0, 0]])
    }
  })

  it('fails where what was found is of another document', async () => {
    await using imagedoc = open()
    const steps = [
      { id: 'found', use: 'place.find', from: 'other' },
      { id: 'last', ...put('input') },
    ]
    const pipeline = { version: 1 as const, inputs: { other: { kind: 'image' } }, steps }
    const [input, other] = [imageInput(imageFile({ width: 9 })), imageInput(imageFile({ width: 8 }))]
    expect((await imagedoc.run(pipeline, { input, other })).error).toMatchObject({ code: 'GRID_MISMATCH' })
    expect((await imagedoc.run(pipeline, { input, other: input })).error).toBeUndefined()
  })

  it('does not count in the key of a step whose other ports are open', async () => {
    await using imagedoc = open()
    expect((await run(imagedoc, [crop(2, 'page'), { use: 'place.put' }])).values).toEqual(['nothing'])
  })

  it.each<[string, Steps, object]>([
    [
      'no map leads from one to the other',
      [{ use: 'place.lose' }, { id: 'found', use: 'place.find' }, put('input')],
      {
        code: 'GRID_MISMATCH',
        message: expect.stringContaining('No map leads from "found" to "page"'),
        details: { from: 'found', to: 'page' },
      },
    ],
    [
      'the operation has not the trait',
      [
        { id: 'found', use: 'place.find' },
        { use: 'place.guess', from: { page: 'input', found: 'found' } },
      ],
      { code: 'OPERATION_CONTRACT', message: expect.stringContaining('traits.geometry') },
    ],
    [
      'nothing was read yet',
      [
        { id: 'found', use: 'place.find' },
        { use: 'place.hurry', from: { pages: 'input', found: 'found' } },
      ],
      { code: 'OPERATION_CONTRACT', message: expect.stringContaining('has not read item 0 of "found"') },
    ],
  ])('fails where %s', async (_, steps, error) => {
    await using imagedoc = open()
    expect((await run(imagedoc, steps)).error).toMatchObject(error)
  })
})
