import { deflateSync, zstdCompressSync } from 'node:zlib'
import { defaultLimits } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../../src/codec/codec.ts'
import { at } from '../../pages.ts'
import { type BuiltDirectory, type BuiltField, buildTiff, greyPage } from './build.ts'

const signal = new AbortController().signal
const probe = (bytes: Uint8Array) => imageCodec.probe(bytes, defaultLimits)
const decode = (bytes: Uint8Array) => imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })
type Fields = Readonly<Record<number, BuiltField>>

/** 16 x 8 pixels of the given samples, uncompressed unless the fields say otherwise. */
function flat(samples: readonly number[], fields: Fields = {}, pack?: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = Uint8Array.from({ length: 128 * samples.length }, (_, i) => samples[i % samples.length] as number)
  const colours = samples.length >= 3 ? 2 : 1
  const base: Fields = { 258: [3, samples.map(() => 8)], 259: [3, [1]], 262: [3, [colours]], 277: [3, [samples.length]], 278: [4, [8]] }
  return buildTiff([{ fields: { 256: [4, [16]], 257: [4, [8]], ...base, ...fields }, data: [pack ? pack(bytes) : bytes] }])
}

describe('TIFF encodings that are refused by name', () => {
  it.each([
    ...([
      [6, 'old-style JPEG'],
      [32766, 'NeXT'],
      [32809, 'ThunderScan'],
      [32909, 'PixarLog'],
      [34661, 'JBIG'],
      [34712, 'JPEG 2000'],
      [34887, 'LERC'],
    ] as const),
    ...([
      [34925, 'LZMA'],
      [34933, 'PNG'],
      [34934, 'JPEG XR'],
      [50002, 'JPEG XL'],
      [65001, 'EER'],
      [4711, 'unknown'],
    ] as const),
  ])('compression %i', async (compression, name) => {
    const refusal = {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringMatching(`TIFF compression ${compression} \\(${name}\\).*tiffcp -c lzw in.tif out.tif`),
    }
    await expect(probe(flat([9], { 259: [3, [compression]] }))).rejects.toMatchObject(refusal)
    await expect(decode(flat([9], { 259: [3, [compression]] }))).rejects.toMatchObject(refusal)
  })
  it.each([
    ['CIE Lab', [200, 0, 0], { 262: [3, [8]] }],
    ['ICC Lab', [200, 128, 128], { 262: [3, [9]] }],
    ['ITU Lab', [200, 128, 128], { 262: [3, [10]] }],
    ['LogL', [200, 0], { 258: [3, [16]], 262: [3, [32844]], 277: [3, [1]] }],
    ['LogLuv', [200, 0, 0], { 262: [3, [32845]] }],
    ['YCbCr colours outside of JPEG', [200, 128, 128], { 262: [3, [6]], 530: [3, [2, 1]] }],
    ['32-bit floating-point', [0, 0, 0, 63], { 258: [3, [32]], 262: [3, [1]], 277: [3, [1]], 339: [3, [3]] }],
    ['16-bit floating-point', [0, 60], { 258: [3, [16]], 277: [3, [1]], 339: [3, [3]] }],
    ['16-bit signed', [0, 60], { 258: [3, [16]], 277: [3, [1]], 339: [3, [2]] }],
    ['8-bit signed', [60], { 339: [3, [2]] }],
    ['1 x 32-bit', [0, 0, 0, 60], { 258: [3, [32]], 262: [3, [1]], 277: [3, [1]] }],
    ['1 x 12-bit', [60, 60], { 258: [3, [12]], 277: [3, [1]] }],
    ['3 x 4-bit', [60, 60, 60], { 258: [3, [4, 4, 4]] }],
    ['5, 6, 5 bits', [60, 60, 60], { 258: [3, [5, 6, 5]] }],
    [
      'tiles in separate planes',
      [60, 60, 60],
      { 284: [3, [2]], 322: [3, [16]], 323: [3, [16]], 324: [4, [8, 8, 8]], 325: [4, [256, 256, 256]] },
    ],
    ['transparency and 1 more extra sample', [60, 60, 60, 255, 0], { 338: [3, [2, 0]] }],
  ] as [string, number[], Fields][])('%s', async (name, samples, fields) => {
    const refusal = { code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringMatching(new RegExp(`${name}.*not supported; convert it`)) }
    await expect(probe(flat(samples, fields))).rejects.toMatchObject(refusal)
  })
})

describe('TIFF encodings that sharp alone reads wrongly', () => {
  it('unpacks Zstandard, with a predictor too', async () => {
    expect(at((await decode(flat([90], { 259: [3, [50_000]] }, zstdCompressSync))).pixels, 3, 3)).toBe(90)
    // Differences along the row: 90, then nothing.
    const differences = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes.map((value, i) => (i % 16 === 0 ? value : 0)))
    const { pixels, diagnostics } = await decode(flat([90], { 259: [3, [34_926]], 317: [3, [2]] }, differences))
    expect([at(pixels, 0, 3), at(pixels, 15, 3), diagnostics]).toEqual([90, 90, []])
  })
  it('unpacks PackBits whose runs cross rows, as Pillow and libtiff show it', async () => {
    // One run of 128 bytes over all eight rows.
    const { pixels, diagnostics } = await decode(flat([90], { 259: [3, [32_773]] }, () => Uint8Array.of(129, 90)))
    expect([pixels.data.every((value) => value === 90), diagnostics]).toEqual([true, []])
  })
  it.each([
    ['of unspecified meaning', { 338: [3, [0]] }, [200, 30, 40, 0], 3],
    ['of unspecified meaning beside grey', { 262: [3, [1]], 338: [3, [0]] }, [200, 0], 1],
    ['that nobody declared and that hides all', {}, [200, 30, 40, 0], 3],
    ['of alpha', { 338: [3, [2]] }, [200, 30, 40, 128], 4],
    ['that nobody declared', {}, [200, 30, 40, 128], 4],
    ['two of unspecified meaning', { 338: [3, [0, 0]] }, [200, 30, 40, 0, 0], 3],
  ] as [string, Fields, number[], number][])('takes an extra sample %s for what it is', async (...[, fields, samples, channels]) => {
    const { pixels } = await decode(flat(samples, fields))
    expect([pixels.channels, at(pixels, 4, 4)]).toEqual([channels, 200])
    if (channels === 4) expect(at(pixels, 4, 4, 3)).toBe(128)
  })
  it('reads 2 and 4 bits, white as zero, a missing interpretation of a fax, fill order 2', async () => {
    expect(at((await decode(flat([0b10101010], { 256: [4, [64]], 258: [3, [2]] }))).pixels, 5, 5)).toBe(170)
    expect(at((await decode(flat([0x55], { 256: [4, [32]], 258: [3, [4]] }))).pixels, 5, 5)).toBe(85)
    expect(at((await decode(flat([55], { 262: [3, [0]] }))).pixels, 5, 5)).toBe(200)
    const deflated = flat([90], { 259: [3, [8]], 266: [3, [2]] }, (bytes) =>
      deflateSync(bytes).map((byte) => Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2)),
    )
    expect(at((await decode(deflated)).pixels, 5, 5)).toBe(90)
  })
  it('says so when 16 bits hold 12 alone and the page is nearly black', async () => {
    const { diagnostics } = await decode(flat([0xff, 0x0f], { 258: [3, [16]], 277: [3, [1]] }))
    expect(diagnostics.map(({ code }) => code)).toEqual(['DEPTH_REDUCED', 'SAMPLES_DARK'])
  })
  it('is an error for a palette without colours and a tile beyond all limits', async () => {
    await expect(probe(flat([3], { 262: [3, [3]] }))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    const tile: Fields = { 322: [4, [1_000_000]], 323: [4, [1_000_000]], 324: [4, [8]], 325: [4, [128]] }
    await expect(probe(flat([3], tile))).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' })
  })
})

describe('density of a TIFF', () => {
  const page = (fields: BuiltDirectory['fields'], more: Parameters<typeof greyPage>[2] = {}): Uint8Array =>
    buildTiff([greyPage(20, 10, { value: (x) => (x < 10 ? 255 : 0), ...more, fields })])
  const axes = (x: readonly [number, number], y: readonly [number, number], unit?: number): Fields => {
    const named: Fields = unit ? { 296: [3, [unit]] } : {}
    return { 282: [5, x], 283: [5, y], ...named }
  }
  it.each([
    ['inches', axes([300, 1], [300, 1], 2), 300],
    ['inches where no unit is given', axes([300, 1], [300, 1]), 300],
    ['centimetres', axes([100, 1], [100, 1], 3), 254],
    ['a claim that nobody believes', axes([1_000_000, 1], [1_000_000, 1], 2), 1_000_000],
    ['one axis alone', { 282: [5, [200, 1]] }, 200],
    ['no unit', axes([300, 1], [300, 1], 1), null],
    ['zero', axes([0, 1], [0, 1], 2), null],
    ['a division by zero', axes([300, 0], [300, 0], 2), null],
    ['nothing', {}, null],
    ['a ratio beyond 4', axes([900, 1], [100, 1], 2), null],
  ] as [string, Fields, number | null][])('%s', async (_, fields, density) => {
    expect(await probe(page(fields))).toMatchObject({ density, width: 20, height: 10 })
    expect((await decode(page(fields))).pixels.density).toBe(density)
  })
  it('makes the pixels of a fax square, black and white, with the matrix', async () => {
    const file = page(axes([204, 1], [98, 1], 2), { value: (_x, y) => (y < 5 ? 255 : 0) })
    expect(await probe(file)).toMatchObject({ width: 20, height: 21, density: 204, upright: false })
    const { pixels, matrix } = await decode(file)
    expect([pixels.width, pixels.height, pixels.density]).toEqual([20, 21, 204])
    expect([...new Set(pixels.data)].sort()).toEqual([0, 255])
    expect([at(pixels, 3, 9), at(pixels, 3, 11)]).toEqual([255, 0])
    expect(matrix).toEqual([1, 0, 0, 0, 10 / 21, 0, 0, 0, 1])
  })
  it('makes pixels square along the upright axes of a turned page', async () => {
    const file = page({ ...axes([204, 1], [98, 1], 2), 274: [3, [6]] })
    expect(await probe(file)).toMatchObject({ width: 21, height: 20, density: 204 })
    const { pixels, matrix } = await decode(file)
    expect([pixels.width, pixels.height]).toEqual([21, 20])
    // The stored right half is black; turned by 90 degrees it is the lower half.
    expect([at(pixels, 10, 2), at(pixels, 10, 17)]).toEqual([255, 0])
    expect(matrix).toEqual([0, 1, 0, -10 / 21, 0, 10, 0, 0, 1])
  })
  it('takes what the maker said instead of the claim', async () => {
    const file = page(axes([204, 1], [98, 1], 2))
    expect(await imageCodec.probe(file, defaultLimits, { density: 150 })).toMatchObject({ width: 20, height: 10, density: 150 })
    const { pixels } = await imageCodec.decode(file, { page: 0, limits: defaultLimits, signal, density: null })
    expect([pixels.height, pixels.density]).toEqual([10, null])
  })
  it('reports a ratio that no scanner has', async () => {
    expect((await decode(page(axes([900, 1], [100, 1], 2)))).diagnostics).toMatchObject([
      { code: 'PIXEL_SHAPE_DOUBTFUL', severity: 'warning' },
    ])
  })
})
