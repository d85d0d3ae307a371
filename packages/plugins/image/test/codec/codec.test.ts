import { defaultLimits, type Limits, mapPoint } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { at, darkCentre, paint } from '../pages.ts'

const signal = new AbortController().signal
const decode = (bytes: Uint8Array, at: { page?: number; limits?: Limits } = {}) =>
  imageCodec.decode(bytes, { page: at.page ?? 0, limits: at.limits ?? defaultLimits, signal })
const rgb = paint(64, 48, (x, y) => [x * 4, y * 5, 200])
const grey = paint(64, 48, (x, y) => (x * 3 + y) % 256)
const bilevel = paint(67, 48, (x, y) => (((x >> 2) + (y >> 3)) % 2 ? 0 : 255))
const raw = (pixels: typeof rgb) => sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: pixels.channels } })

describe('the image codec, round trips', () => {
  it.each(['image/png', 'image/tiff'])(
    '%s keeps colour, grey, transparency and black and white exactly, with the density',
    async (mediaType) => {
      for (const pixels of [rgb, grey, bilevel, paint(20, 20, (x, y) => [x, y, 9, (x * y) % 256])]) {
        const back = await decode(await imageCodec.encode(pixels, { mediaType }))
        expect(back.pixels).toEqual(pixels)
        expect(back.diagnostics).toEqual([])
      }
    },
  )
  it.each(['image/jpeg', 'image/webp'])('%s keeps size, density and about the values', async (mediaType) => {
    const { pixels } = await decode(await imageCodec.encode(rgb, { mediaType, options: { quality: 95 } }))
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([64, 48, 3])
    expect(Math.abs(at(pixels, 30, 20, 2) - 200)).toBeLessThan(12)
    if (mediaType === 'image/jpeg') expect(pixels.density).toBe(300)
  })
  it.each([
    ['image/webp', 16_383],
    ['image/jpeg', 65_500],
  ])('%s holds %i pixels a side, and one more is refused with what to do', async (mediaType, longest) => {
    const strip = (width: number) => paint(width, 1, () => 128)
    expect((await decode(await imageCodec.encode(strip(longest), { mediaType }))).pixels.width).toBe(longest)
    await expect(imageCodec.encode(strip(longest + 1), { mediaType })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringContaining('Write PNG or TIFF'),
    })
  })
  it('writes grey JPEG as one channel and transparency as white', async () => {
    expect((await decode(await imageCodec.encode(grey, { mediaType: 'image/jpeg' }))).pixels.channels).toBe(1)
    const clear = await decode(
      await imageCodec.encode(
        paint(16, 16, () => [0, 0, 0, 0]),
        { mediaType: 'image/jpeg' },
      ),
    )
    expect([clear.pixels.channels, at(clear.pixels, 8, 8)]).toEqual([3, 255])
  })
  it('packs a black and white page: one bit a pixel in PNG, CCITT G4 in TIFF', async () => {
    const png = await sharp(await imageCodec.encode(bilevel, { mediaType: 'image/png' })).metadata()
    expect(png).toMatchObject({ channels: 1, density: 300, bitsPerSample: 1 })
    const tiff = await imageCodec.encode(bilevel, { mediaType: 'image/tiff' })
    expect(tiffTag(tiff, 259)).toBe(4)
  })
  it('keeps one bit lossless also with EXIF beside it', async () => {
    const properties = { exif: { IFD0: { Artist: 'Alice' } } }
    for (const mediaType of ['image/png', 'image/tiff']) {
      const back = await decode(await imageCodec.encode(bilevel, { mediaType, properties }))
      expect(Buffer.compare((await toGrey(back.pixels)).data, bilevel.data)).toBe(0)
      if (mediaType === 'image/png') expect(back.properties).toEqual(properties)
    }
  })
  it('refuses to write other types', async () => {
    await expect(imageCodec.encode(rgb, { mediaType: 'image/gif' })).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  })
})

/** A number in a little-endian TIFF's first directory. */
function tiffTag(file: Uint8Array, tag: number): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const directory = view.getUint32(4, true)
  for (let entry = directory + 2; entry < directory + 2 + view.getUint16(directory, true) * 12; entry += 12) {
    if (view.getUint16(entry, true) === tag) return view.getUint16(entry + 8, true)
  }
  return undefined
}

const png16 = (channels: 1 | 3) =>
  sharp(new Uint16Array(256 * channels).fill(40_000), { raw: { width: 16, height: 16, channels } })
    .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
    .png()
    .toBuffer()

/** 16 x 16 pixels of the value 40000, uncompressed: sharp writes no 16 bit TIFF. */
function tiff16(channels: 1 | 3): Uint8Array {
  const bits = 8 + 2 + 9 * 12 + 4
  const start = bits + 6
  const file = new DataView(new ArrayBuffer(start + 512 * channels))
  file.setUint32(0, 0x49492a00)
  file.setUint32(4, 8, true)
  const tags = [
    [256, 16],
    [257, 16],
    [258, channels === 1 ? 16 : bits],
    [259, 1],
    [262, channels === 1 ? 1 : 2],
    [273, start],
    [277, channels],
    [278, 16],
    [279, 512 * channels],
  ] as const
  file.setUint16(8, tags.length, true)
  for (const [index, [tag, value]] of tags.entries()) {
    file.setUint16(10 + index * 12, tag, true)
    file.setUint16(12 + index * 12, tag === 258 ? 3 : 4, true)
    file.setUint32(14 + index * 12, tag === 258 ? channels : 1, true)
    file.setUint32(18 + index * 12, value, true)
  }
  for (let n = 0; n < 3; n++) file.setUint16(bits + n * 2, 16, true)
  for (let at = start; at < file.byteLength; at += 2) file.setUint16(at, 40_000, true)
  return new Uint8Array(file.buffer)
}

const toGrey = async (pixels: typeof rgb) =>
  pixels.channels === 1 ? pixels : { ...pixels, data: pixels.data.filter((_, i) => i % pixels.channels === 0) }

describe('the image codec, decoding', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %d upright and maps back to the stored grid', async (orientation) => {
    const stored = paint(64, 40, (x, y) => (x >= 10 && x < 14 && y >= 20 && y < 24 ? 0 : 255))
    const file = await raw(stored).toColourspace('b-w').withMetadata({ orientation }).png().toBuffer()
    const { pixels, matrix } = await decode(file)
    expect([pixels.width, pixels.height]).toEqual(orientation > 4 ? [40, 64] : [64, 40])
    const [x, y] = mapPoint(matrix, darkCentre(pixels))
    expect([x, y]).toEqual([12, 22])
    const probe = await imageCodec.probe(file, defaultLimits)
    expect(probe).toMatchObject({ width: pixels.width, height: pixels.height, upright: orientation === 1, pages: 1 })
  })
  it('reads AVIF, and grey with transparency as RGBA', async () => {
    expect((await decode(await raw(rgb).avif({ quality: 90 }).toBuffer())).pixels).toMatchObject({ width: 64, height: 48, channels: 3 })
    const clear = await raw(paint(8, 8, (x) => [90, 90, 90, x * 30]))
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect((await sharp(clear).metadata()).channels).toBe(2)
    const { pixels } = await decode(clear)
    expect([pixels.channels, at(pixels, 3, 3, 0), at(pixels, 3, 3, 3)]).toEqual([4, 90, 90])
  })
  it.each([1, 3] as const)('reduces %d channels of 16 bit to 8 and says so', async (channels) => {
    for (const file of [await png16(channels), tiff16(channels)]) {
      const { pixels, diagnostics } = await decode(file)
      expect(pixels.channels).toBe(channels)
      expect(Math.abs(at(pixels, 7, 7) - 40_000 / 257)).toBeLessThan(1)
      expect(diagnostics).toMatchObject([{ code: 'DEPTH_REDUCED', severity: 'info' }])
    }
  })
  it('converts CMYK and says so', async () => {
    const file = await raw(paint(16, 16, () => [200, 40, 40]))
      .toColourspace('cmyk')
      .tiff()
      .toBuffer()
    const { pixels, diagnostics } = await decode(file)
    expect(pixels.channels).toBe(3)
    expect(Math.abs(at(pixels, 8, 8, 0) - 200)).toBeLessThan(25)
    expect(diagnostics.map(({ code }) => code)).toEqual(['CMYK_CONVERTED'])
  })
  it.each([8, 16])('converts Display P3 at %d bit to sRGB and names the profile', async (depth) => {
    const values = [200, 60, 40]
    const data = Uint16Array.from({ length: 16 * 16 * 3 }, (_, i) => (values[i % 3] as number) * 257)
    const wide = sharp(data, { raw: { width: 16, height: 16, channels: 3 } }).toColourspace('rgb16')
    const file = await (depth === 16 ? wide : raw(paint(16, 16, () => values))).withIccProfile('p3').png().toBuffer()
    const header = await sharp(file).metadata()
    expect([header.depth, header.hasProfile]).toEqual([depth === 16 ? 'ushort' : 'uchar', true])
    const { pixels, properties } = await decode(file)
    // sharp converts 8 bit of sRGB to P3 but tags 16 bit as they are: those numbers mean another colour, computed with the matrix of the standard.
    const expected = depth === 8 ? values : [217, 41, 23]
    for (const [channel, value] of expected.entries()) expect(Math.abs(at(pixels, 8, 8, channel) - value)).toBeLessThanOrEqual(3)
    expect(properties.icc).toMatch(/P3/)
  })
  it('gives each page of a TIFF', async () => {
    const pages = [20, 120, 220].map((value) => ({
      create: { width: 30, height: 20, channels: 3 as const, background: { r: value, g: value, b: value } },
    }))
    const file = await sharp(await Promise.all(pages.map((page) => sharp(page).png().toBuffer())), { join: { animated: true } })
      .tiff()
      .toBuffer()
    expect(await imageCodec.probe(file, defaultLimits)).toMatchObject({ pages: 3, width: 30, height: 20 })
    for (const page of [0, 1, 2]) expect(at((await decode(file, { page })).pixels, 5, 5)).toBe([20, 120, 220][page])
    await expect(decode(file, { page: 3 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
  it('keeps EXIF fields and XMP, and writes them again', async () => {
    const exif = {
      IFD0: { Artist: 'Alice Alvares', Copyright: 'CC0' },
      IFD2: { DateTimeOriginal: '2020:01:02 03:04:05', FNumber: '28/10' },
    }
    const file = await raw(rgb).withExif(exif).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>').jpeg().toBuffer()
    const { properties } = await decode(file)
    expect(properties.exif).toEqual(exif)
    expect(properties.xmp).toContain('adobe:ns:meta')
    const again = await decode(await imageCodec.encode(rgb, { mediaType: 'image/webp', properties }))
    expect(again.properties).toEqual(properties)
  })
  it('names its versions', () => {
    expect(imageCodec.fingerprint()).toMatch(/^image\/\d+ sharp\/0\.35\.\d+ vips\/8\./)
  })
})

describe('the image codec, refusals', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)(
    'says CORRUPT_INPUT for a %s of which less than half is left',
    async (format) => {
      const noise = paint(200, 200, (x, y) => [(x * 97 + y * 31) % 256, (x * y) % 256, (x ^ y) % 256])
      const file = await raw(noise).toFormat(format).toBuffer()
      await expect(decode(file.subarray(0, Math.floor(file.length * 0.4)))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    },
  )
  it('says CORRUPT_INPUT for a header without a body', async () => {
    await expect(decode(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    await expect(imageCodec.probe(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), defaultLimits)).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })
  it('says EMPTY_INPUT for no bytes', async () => {
    await expect(decode(new Uint8Array(0))).rejects.toMatchObject({ code: 'EMPTY_INPUT' })
  })
  it.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['GIF', 'GIF89a\x01\x00\x01\x00'],
    ['text', 'hello'],
    ['PDF', '%PDF-1.7'],
    ['PPM', 'P3 1 1 255 1 2 3'],
  ])('lets no loader see %s', async (_name, content) => {
    await expect(decode(new TextEncoder().encode(content))).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  })
  it('refuses more pixels than the limit, from the header', async () => {
    const file = await raw(rgb).png().toBuffer()
    const limits = { ...defaultLimits, pixels: 64 * 48 - 1 }
    await expect(decode(file, { limits })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
    await expect(imageCodec.probe(file, limits)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
    expect((await decode(file, { limits: { ...limits, pixels: 64 * 48 } })).pixels.width).toBe(64)
  })
  it('stops when cancelled', async () => {
    const file = await raw(rgb).png().toBuffer()
    await expect(imageCodec.decode(file, { page: 0, limits: defaultLimits, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
