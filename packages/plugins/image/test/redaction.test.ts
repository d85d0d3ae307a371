import { createImageDoc, defineOperation, definePlugin, fromBytes, image } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import imagePlugin from '../src/index.ts'

const redaction = definePlugin({
  name: 'imagedoc-plugin-redaction',
  version: '1.0.0',
  apiVersion: 1,
  module: import.meta.url,
  setup: () => ({
    operations: [
      defineOperation({
        name: 'redact.page',
        version: 1,
        summary: 'Black out the page.',
        input: image,
        output: image,
        params: z.strictObject({}),
        traits: { properties: 'drop' },
        run: ({ input }) => ({ output: { ...input, data: new Uint8Array(input.data.length) } }),
      }),
    ],
  }),
})

const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
const scan = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#336699' } })
  .withExif({ IFD0: { Artist: 'José', Copyright: 'Archive' }, IFD3: { GPSLatitudeRef: 'S' } })
  .withXmp(xmp)
  .withIccProfile('p3')
  .jpeg()
  .toBuffer()

describe('an operation that drops properties', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff'])('leaves no EXIF, XMP or profile in a %s file, however it is written', async (format) => {
    await using imagedoc = createImageDoc({ plugins: [imagePlugin(), redaction()] })
    const written = async (steps: object[]) => {
      const pipeline = { version: 1, steps: [...steps, { use: 'image.encode', with: { format } }] }
      const { outputs, error } = await imagedoc.run(pipeline as never, { input: fromBytes(scan, { name: 'scan.jpg' }) })
      expect(error).toBeUndefined()
      const file = Buffer.from(await (await Object.values(outputs)[0]!.one()).bytes())
      const { xmp, icc } = await sharp(file).metadata()
      // sharp does not find the EXIF of a TIFF, whose letters stand in the file as they are.
      return { exif: file.includes('Archive'), xmp: xmp !== undefined, icc: icc !== undefined }
    }
    // What there is to lose.
    expect(await written([{ use: 'image.blur' }])).toEqual({ exif: true, xmp: true, icc: true })
    const nothing = { exif: false, xmp: false, icc: false }
    expect(await written([{ use: 'redact.page' }])).toEqual(nothing)
    expect(await written([{ use: 'image.blur' }, { use: 'redact.page', cache: true }, { use: 'image.blur' }])).toEqual(nothing)
  })
})
