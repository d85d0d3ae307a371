import { defaultLimits, mapPoint } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { contentsOf, writePng } from '../../src/codec/png/chunks.ts'
import { makeSquare } from '../../src/codec/square.ts'
import { paint } from '../pages.ts'

const signal = new AbortController().signal
const decode = (bytes: Uint8Array) => imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })
const page = paint(100, 40, (x, y) => (x >= 20 && x < 30 && y >= 10 && y < 20 ? 0 : 255))
const grey = (pixels = page) =>
  sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 1 } }).toColourspace('b-w')

interface Says {
  unit: number
  x: number
  y: number
}

/** An APP1 segment with XResolution, YResolution, ResolutionUnit and Orientation. */
function exifSegment({ unit, x, y }: Says, orientation = 1): Uint8Array {
  const block = Buffer.alloc(6 + 8 + 2 + 4 * 12 + 4 + 16)
  block.write('Exif\0\0II*\0\x08\0\0\0\x04\0', 'latin1')
  const entries = [
    [0x112, 3, orientation],
    [0x11a, 5, 62],
    [0x11b, 5, 70],
    [0x128, 3, unit],
  ] as const
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 16 + index * 12
    block.writeUInt16LE(tag, at)
    block.writeUInt16LE(type, at + 2)
    block.writeUInt32LE(1, at + 4)
    block.writeUInt32LE(value, at + 8)
  }
  for (const [index, value] of [x, 1, y, 1].entries()) block.writeUInt32LE(value, 68 + index * 4)
  return Buffer.concat([Uint8Array.of(0xff, 0xe1, 0, block.length + 2), block])
}

/** A JPEG with the given header segments, without any that sharp wrote. */
async function jpeg(...headers: Uint8Array[]): Promise<Uint8Array> {
  const bytes = await grey().jpeg({ quality: 100 }).toBuffer()
  return Buffer.concat([bytes.subarray(0, 2), ...headers, bytes.subarray(bytes.indexOf(Buffer.of(0xff, 0xdb)))])
}

const jfifSegment = ({ unit, x, y }: Says): Uint8Array =>
  Buffer.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, unit, x >> 8, x & 255, y >> 8, y & 255, 0, 0])

const jfif = (unit: number, x: number, y: number): Promise<Uint8Array> => jpeg(jfifSegment({ unit, x, y }))

async function png(x: number, y: number, unit: number): Promise<Uint8Array> {
  const kept = contentsOf(await grey().png().toBuffer()).filter(([type]) => type !== 'pHYs')
  const physical = Buffer.alloc(9)
  physical.writeUInt32BE(x, 0)
  physical.writeUInt32BE(y, 4)
  physical[8] = unit
  const [header, ...others] = kept
  return writePng([header ?? ['IHDR', new Uint8Array(0)], ['pHYs', physical], ...others])
}

// Right values by Pillow 11 (info["dpi"]) and exiftool 12 on files with the same headers.
describe('the density that a file claims', () => {
  it.each([
    ['none', [0, 1, 1], null],
    ['72 an inch, which is a claim', [1, 72, 72], 72],
    ['300 an inch', [1, 300, 300], 300],
    ['1 an inch', [1, 1, 1], 1],
    ['65535 an inch', [1, 65_535, 65_535], 65_535],
    ['118 per centimetre', [2, 118, 118], 299.72],
    ['zero', [1, 0, 0], null],
    ['zero on one axis', [1, 300, 0], 300],
    ['a unit that does not exist', [7, 300, 300], null],
  ] as const)('of a JPEG by JFIF: %s', async (_name, [unit, x, y], density) => {
    const file = await jfif(unit, x, y)
    const found = (await imageCodec.probe(file, defaultLimits)).density
    if (density === null) expect(found).toBeNull()
    else expect(found).toBeCloseTo(density, 2)
    expect((await decode(file)).pixels.density).toBe(found)
  })

  it.each([
    ['EXIF, where JFIF says nothing', [0, 1, 1], 200, 200],
    ['EXIF, where JFIF says the 72 of who knows nothing', [1, 72, 72], 200, 200],
    ['JFIF, where EXIF says the 72 of who knows nothing', [1, 300, 300], 72, 300],
    ['72, where both say so', [1, 72, 72], 72, 72],
  ] as const)('of a JPEG with both: %s', async (...[, [unit, x, y], exif, density]) => {
    const file = await jpeg(jfifSegment({ unit, x, y }), exifSegment({ unit: 2, x: exif, y: exif }))
    expect((await imageCodec.probe(file, defaultLimits)).density).toBe(density)
  })

  it.each([
    ['300 an inch', [11_811, 11_811, 1], 300],
    ['1e5 an inch', [3_937_008, 3_937_008, 1], 100_000],
    ['zero', [0, 0, 1], null],
    ['a bare proportion of one', [1, 1, 0], null],
  ] as const)('of a PNG: %s', async (_name, [x, y, unit], density) => {
    expect((await imageCodec.probe(await png(x, y, unit), defaultLimits)).density).toBe(density)
  })

  it('of WebP and AVIF is that of their EXIF, and none without', async () => {
    for (const format of ['webp', 'avif'] as const) {
      expect((await imageCodec.probe(await grey().toFormat(format).withDensity(200).toBuffer(), defaultLimits)).density).toBe(200)
      expect((await imageCodec.probe(await grey().toFormat(format).toBuffer(), defaultLimits)).density).toBeNull()
    }
  })

  it('does not hold against one that is known from elsewhere', async () => {
    const file = await jfif(1, 204, 98)
    expect(await imageCodec.probe(file, defaultLimits, { density: 150 })).toMatchObject({ density: 150, upright: true, height: 40 })
    const { pixels } = await imageCodec.decode(file, { page: 0, limits: defaultLimits, signal, density: 150 })
    expect(pixels).toMatchObject({ width: 100, height: 40, density: 150 })
  })
})

describe('pixels that are not square', () => {
  it.each([
    ['PNG, 204 x 98 an inch', () => png(8031, 3858, 1), 204],
    ['JPEG by JFIF', () => jfif(1, 204, 98), 204],
    ['JPEG by a bare proportion', () => jfif(0, 204, 98), null],
    ['PNG by a bare proportion', () => png(204, 98, 0), null],
  ])('%s are made so along the coarse axis, and map back to the stored grid', async (_name, make, density) => {
    const file = await make()
    const size = { width: 100, height: 83 }
    expect(await imageCodec.probe(file, defaultLimits)).toMatchObject({ ...size, upright: false, density })
    const { pixels, matrix } = await decode(file)
    expect(pixels).toMatchObject({ ...size, density })
    expect(mapPoint(matrix, [0, 83])).toEqual([0, 40])
    const middle = pixels.data[Math.round((15 * 83) / 40) * 100 + 25]
    expect(middle).toBeLessThan(10)
  })

  it('stay black and white where the page was', async () => {
    const { pixels } = await decode(await png(8031, 3858, 1))
    expect(new Set(pixels.data)).toEqual(new Set([0, 255]))
  })

  it('are turned with the page: EXIF orientation and shape together', async () => {
    const file = await jpeg(exifSegment({ unit: 3, x: 100, y: 200 }, 6))
    const { pixels, matrix } = await decode(file)
    expect([pixels.width, pixels.height, pixels.density]).toEqual([40, 200, 508])
    expect(await imageCodec.probe(file, defaultLimits)).toMatchObject({ width: 40, height: 200, density: 508, upright: false })
    // The dark square of the stored grid lies around (25, 15).
    const dark = [...pixels.data.entries()].filter(([, value]) => value < 100).map(([at]) => [at % 40, Math.floor(at / 40)] as const)
    const centre = [0, 1].map((axis) => dark.reduce((sum, point) => sum + (point[axis] as number) + 0.5, 0) / dark.length)
    const [x, y] = mapPoint(matrix, [centre[0] as number, centre[1] as number])
    expect(x).toBeCloseTo(25, 0)
    expect(y).toBeCloseTo(15, 0)
  })

  it('within 1 % are square, and a shape of more than 4 to 1 is not believed', async () => {
    expect((await makeSquare(page, { x: 300, y: 302 })).pixels).toMatchObject({ width: 100, height: 40, density: 302 })
    const doubtful = await makeSquare(page, { x: 300, y: 70 })
    expect(doubtful.pixels).toMatchObject({ width: 100, height: 40, density: null })
    expect(doubtful.diagnostics).toMatchObject([{ code: 'PIXEL_SHAPE_DOUBTFUL', details: { x: 300, y: 70 } }])
  })

  it('are counted by the size that they get', async () => {
    const file = await png(8031, 3858, 1)
    const limits = { ...defaultLimits, pixels: 100 * 60 }
    await expect(imageCodec.probe(file, limits)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS', details: { width: 100, height: 83 } })
    await expect(imageCodec.decode(file, { page: 0, limits, signal })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
  })
})
