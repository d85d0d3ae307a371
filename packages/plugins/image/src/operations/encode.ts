import { type Diagnostic, defineOperation, encoded, image } from '@imagedoc/core'
import { z } from 'zod'
import { DEFAULT_QUALITY, encodable, encode as encodePixels } from '../codec/encode.ts'
import { carry } from '../codec/metadata/carried.ts'
import { sharpEngine } from '../sharp-engine.ts'

const mediaTypes = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', tiff: 'image/tiff' } as const

const params = z
  .strictObject({
    format: z
      .enum(['jpeg', 'png', 'webp', 'tiff'])
      .describe('The file format. png and tiff are lossless; black and white pages take one bit a pixel in them.'),
    quality: z.int().min(1).max(100).optional().describe(`Quality of jpeg and webp, 1 to 100; ${DEFAULT_QUALITY} when not given.`),
  })
  .refine(({ format, quality }) => quality === undefined || format === 'jpeg' || format === 'webp', {
    error: 'png and tiff are lossless and have no quality; leave it out, or choose jpeg or webp.',
    path: ['quality'],
  })

/** Makes an image file, with the density and the kept EXIF, XMP and colour properties of the original. */
export const encode = defineOperation({
  name: 'image.encode',
  version: 2,
  summary: 'Make an image file: JPEG, PNG, WebP or TIFF.',
  input: image,
  output: encoded(image, encodable),
  params,
  traits: { cost: 'heavy', blocking: false, properties: true },
  engines: [sharpEngine],
  example: { format: 'jpeg', quality: 85 },
  mediaType: ({ format }) => mediaTypes[format],
  run: async ({ input, params, context }) => {
    const { width, height, density } = input
    const mediaType = mediaTypes[params.format]
    const options = { quality: params.quality ?? DEFAULT_QUALITY }
    const bytes = await encodePixels(input, { mediaType, properties: context.properties, options })
    return {
      output: { mediaType, bytes, width, height, density },
      diagnostics: lost(carry(context.properties, mediaType).dropped, params.format),
    }
  },
})

function lost(names: readonly string[], format: string): Diagnostic[] {
  if (names.length === 0) return []
  const message = `What the original says in ${names.join(', ')} is not in the ${format} file, which has no place for it, or it could not be read.`
  return [{ code: 'PROPERTIES_DROPPED', severity: 'info', message, details: { names: [...names], format } }]
}
