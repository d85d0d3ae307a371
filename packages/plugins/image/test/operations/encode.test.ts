import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { encode } from '../../src/operations/encode.ts'
import { contextOf } from '../call.ts'
import { paint } from '../pages.ts'

const page = paint(60, 40, (x, y) => [x * 4, y * 6, (x * y) % 256])
const run = async (params: object, properties = {}) =>
  (await encode.run({ input: page, params: encode.params.parse(params), context: contextOf({ properties }) as never })).output

describe('image.encode', () => {
  it.each([
    ['jpeg', 'image/jpeg'],
    ['png', 'image/png'],
    ['webp', 'image/webp'],
    ['tiff', 'image/tiff'],
  ] as const)('makes %s files with their size and density', async (format, mediaType) => {
    const file = await run({ format })
    expect(file).toMatchObject({ mediaType, width: 60, height: 40, density: 300 })
    expect(encode.mediaType?.({ format })).toBe(mediaType)
    expect(await sharp(file.bytes).metadata()).toMatchObject({ format, width: 60, height: 40 })
  })
  it('makes a smaller file with less quality', async () => {
    for (const format of ['jpeg', 'webp']) {
      expect((await run({ format, quality: 30 })).bytes.length).toBeLessThan((await run({ format, quality: 95 })).bytes.length)
    }
  })
  it('refuses a quality where there is none', () => {
    expect(encode.params.safeParse({ format: 'png', quality: 80 }).error?.issues[0]).toMatchObject({ path: ['quality'] })
    expect(encode.params.safeParse({ format: 'gif' }).success).toBe(false)
  })
  it('keeps the properties of the original', async () => {
    const file = await run({ format: 'jpeg' }, { exif: { IFD0: { Artist: 'Alice' } }, xmp: '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>' })
    const { exif, xmp } = await sharp(file.bytes).metadata()
    expect(exif?.includes('Alice')).toBe(true)
    expect(xmp?.includes('adobe:ns:meta')).toBe(true)
  })
})
