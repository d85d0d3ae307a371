import { z } from 'zod'
import {
  type AnyOperation,
  defineOperation,
  type EncodedImage,
  encoded,
  ImageDocError,
  image,
  many,
  oneOf,
  type Pixels,
  paged,
  pageItem,
  pdf,
  type Sequence,
  scaling,
  sequenceOf,
  translation,
} from '../../src/index.ts'
import { encodePixels } from './codec.ts'
import { type WorkLog, work } from './log.ts'

const none = z.strictObject({})

export function brighter(pixels: Pixels, by: number): Pixels {
  return { ...pixels, data: pixels.data.map((value) => value + by) }
}

export function cutLeft(pixels: Pixels, left: number, width = pixels.width - left): Pixels {
  const data = new Uint8Array(width * pixels.height)
  for (let y = 0; y < pixels.height; y++)
    data.set(pixels.data.subarray(y * pixels.width + left, y * pixels.width + left + width), y * width)
  return { ...pixels, width, data }
}

const first = (pixels: Pixels): number => pixels.data[0] ?? 0

/** Operations on one page. The return type is left to inference: the builder's tests need the names. */
export function pixelOperations(log: WorkLog) {
  const add = defineOperation({
    name: 'test.add',
    version: 1,
    summary: 'Add to every pixel.',
    input: image,
    output: image,
    params: z.strictObject({ by: z.int().min(-255).max(255).default(1) }),
    run: ({ input, params, context: { signal } }) =>
      work(log, { operation: 'add', value: first(input), signal }, () => ({ output: brighter(input, params.by) })),
  })

  const clean = defineOperation({
    ...add,
    name: 'test.clean',
    summary: 'Add to every pixel, at great cost.',
    traits: { cost: 'heavy' },
    run: ({ input, params, context }) =>
      work(log, { operation: 'clean', value: first(input), signal: context.signal }, () => {
        context.progress(0.5)
        if (params.by === 0) context.report({ code: 'NOTHING_TO_CLEAN', severity: 'info', message: 'It was clean.' })
        return { output: brighter(input, params.by) }
      }),
  })

  const crop = defineOperation({
    name: 'test.crop',
    version: 1,
    summary: 'Cut off columns on the left.',
    input: image,
    output: image,
    params: z.strictObject({ left: z.int().min(0) }),
    run: ({ input, params: { left }, context: { signal } }) =>
      work(log, { operation: 'crop', value: first(input), signal }, () => {
        if (left >= input.width) throw new ImageDocError('OPERATION_FAILED', 'Nothing is left of the image.', { path: 'left' })
        return { output: cutLeft(input, left), matrix: translation(left, 0) }
      }),
  })

  const double = defineOperation({
    name: 'test.double',
    version: 1,
    summary: 'Repeat every column.',
    input: image,
    output: image,
    params: none,
    run: ({ input, context: { signal } }) =>
      work(log, { operation: 'double', value: first(input), signal }, () => {
        const width = input.width * 2
        const data = Uint8Array.from({ length: width * input.height }, (_, at) => {
          const y = Math.floor(at / width)
          return input.data[y * input.width + Math.floor((at % width) / 2)] ?? 0
        })
        return { output: { ...input, width, data }, matrix: scaling(0.5, 1) }
      }),
  })

  /** Whatever it is given, the same comes out: what stands below must not notice. */
  const flatten = defineOperation({
    name: 'test.flatten',
    version: 1,
    summary: 'Make every pixel 7.',
    input: image,
    output: image,
    params: z.strictObject({ mood: z.string().default('calm') }),
    traits: { cost: 'heavy' },
    run: ({ input, context: { signal } }) =>
      work(log, { operation: 'flatten', value: first(input), signal }, () => ({ output: { ...input, data: input.data.map(() => 7) } })),
  })

  const encode = defineOperation({
    name: 'test.encode',
    version: 1,
    summary: 'Write an image file with its properties.',
    input: image,
    output: encoded(image, ['image/png', 'image/tiff']),
    params: z.strictObject({ format: z.enum(['png', 'tiff']).default('png') }),
    traits: { properties: true },
    mediaType: ({ format }) => `image/${format}`,
    run: ({ input, params: { format }, context }) =>
      work(log, { operation: 'encode', value: first(input), signal: context.signal }, () => {
        const { width, height, density } = input
        const mediaType = `image/${format}` as const
        return { output: { mediaType, bytes: encodePixels(input, mediaType, context.properties), width, height, density } }
      }),
  })

  const stamp = defineOperation({
    name: 'test.stamp',
    version: 1,
    summary: 'Add two images.',
    input: { page: image, mark: image },
    output: image,
    params: none,
    run: ({ input: { page, mark }, context: { signal } }) =>
      work(log, { operation: 'stamp', value: first(page), signal }, () => ({
        output: { ...page, data: page.data.map((value, index) => value + (mark.data[index] ?? 0)) },
      })),
  })

  return [add, clean, crop, double, flatten, encode, stamp, ...expansions(log)] as const satisfies readonly AnyOperation[]
}

function expansions(log: WorkLog) {
  const pages = defineOperation({
    name: 'test.pages',
    version: 1,
    summary: 'Every page of an image file.',
    input: oneOf(pdf, paged(image)),
    output: many(oneOf(image, encoded(image, ['image/png', 'image/tiff']))),
    params: z.strictObject({ reverse: z.boolean().default(false) }),
    run({ input, params: { reverse }, context: { signal, report } }) {
      if (!('at' in input)) throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', 'The workshop reads no PDF.')
      const given: Sequence<Pixels | EncodedImage> = input
      report({ code: 'OPENED', severity: 'info', message: 'The file was opened.' })
      const at = (index: number): Promise<Pixels | EncodedImage> =>
        work(log, { operation: 'pages', value: index, signal }, () => given.at(reverse ? given.length - 1 - index : index))
      return { output: sequenceOf(given.length, at) }
    },
  })

  const split = defineOperation({
    name: 'test.split',
    version: 1,
    summary: 'Cut an image into strips, from left to right.',
    input: image,
    output: many(image),
    params: z.strictObject({ strips: z.int().min(1).default(2) }),
    run({ input, params: { strips }, context: { signal } }) {
      const width = Math.floor(input.width / strips)
      const at = (index: number): Promise<Pixels> =>
        work(log, { operation: 'split', value: index, signal }, () => {
          const diagnostics = [{ code: 'CUT', severity: 'info' as const, message: `Strip ${index} was cut.` }]
          return pageItem(cutLeft(input, index * width, width), { matrix: translation(index * width, 0), diagnostics })
        })
      return { output: sequenceOf(strips, at) }
    },
  })

  return [pages, split] as const
}
