import { zstdCompressSync } from 'node:zlib'
import { defaultLimits, type Pixels } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { inMemory } from '../../../src/codec/byte-source.ts'
import { imageCodec } from '../../../src/codec/codec.ts'
import { openTiff, readChain, readNumbers } from '../../../src/codec/tiff/directory.ts'
import { at, random, writtenPage } from '../../pages.ts'
import { buildTiff, greyPage } from './build.ts'

const signal = new AbortController().signal
const decode = (bytes: Uint8Array) => imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })
const page = writtenPage({ width: 400, height: 640, seed: 5, paper: 255, ink: 0 })
const bilevel: Pixels = { ...page, data: page.data.map((value) => (value > 127 ? 255 : 0)) }
const open = ({ width, height, data }: Pixels) => sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w')

type Compression = 'lzw' | 'deflate' | 'packbits' | 'jpeg' | 'none' | 'ccittfax4'
/** Written by libtiff through sharp; tiles of 128 or strips as sharp makes them. */
async function written(compression: Compression, tile = false): Promise<Uint8Array> {
  const fax = compression === 'ccittfax4'
  const as = { compression, ...(fax ? { bitdepth: 1 as const } : {}), ...(tile ? { tile: true, tileWidth: 128, tileHeight: 128 } : {}) }
  return new Uint8Array(
    await open(fax ? bilevel : page)
      .tiff(as)
      .toBuffer(),
  )
}

/** Zstandard in strips of 64 rows, which sharp does not write. */
function zstandard(): Uint8Array {
  const { fields, data } = greyPage(400, 640, { rows: 64, value: (x, y) => at(page, x, y), fields: { 259: [3, [50_000]] } })
  return buildTiff([{ fields, data: (data ?? []).map((strip) => new Uint8Array(zstdCompressSync(strip))) }])
}

const missingOf = (diagnostics: readonly { code: string; details?: unknown }[]): number =>
  (diagnostics.find(({ code }) => code === 'IMAGE_DAMAGED')?.details as { missing: number } | undefined)?.missing ?? 0

/** Pixels that are further than 40 from the page as the sound file gives it, by row. */
function wrongRows(found: Pixels, sound: Pixels): number[] {
  const rows: number[] = []
  for (let y = 0; y < found.height; y++)
    for (let x = 0; x < found.width; x++)
      if (Math.abs(at(found, x, y) - at(sound, x, y)) > 40) {
        rows.push(y)
        break
      }
  return rows
}

/** Where the strips or tiles stand, and how long they are. */
function partsOf(bytes: Uint8Array): { offset: number; length: number }[] {
  const file = openTiff(inMemory(bytes))
  const [directory] = readChain(file, 1).directories
  if (!directory) return []
  const offsets = readNumbers(file, directory, 273) ?? readNumbers(file, directory, 324) ?? []
  const lengths = readNumbers(file, directory, 279) ?? readNumbers(file, directory, 325) ?? []
  return offsets.map((offset, index) => ({ offset, length: lengths[index] ?? 0 }))
}

/** The data behind the directory, as many scanners write them, of which the last quarter or so is then cut off. */
function cutOff(bytes: Uint8Array, kept: number): Uint8Array {
  const parts = partsOf(bytes)
  const fields = readChain(openTiff(inMemory(bytes)), 1).directories[0]?.fields
  const offsets = fields?.get(273) ?? fields?.get(324)
  const head = bytes.slice()
  const view = new DataView(head.buffer)
  let end = head.length
  for (const [index, { length }] of parts.entries()) {
    // A field of one or two short numbers has no room for a longer offset.
    if (offsets?.type === 3) view.setUint16(offsets.at + index * 2, end, true)
    else view.setUint32((offsets?.at ?? 0) + index * 4, end, true)
    end += length
  }
  const data = Buffer.concat(parts.map(({ offset, length }) => bytes.subarray(offset, offset + length)))
  return new Uint8Array(Buffer.concat([head, data.subarray(0, Math.floor(data.length * kept))]))
}

describe('TIFF whose data end early', () => {
  it.each(['none', 'lzw', 'deflate', 'packbits', 'jpeg', 'ccittfax4'] as const)(
    '%s: what is there comes, the rest is white and named',
    async (compression) => {
      const sound = await written(compression)
      const truth = (await decode(sound)).pixels
      const { pixels, diagnostics } = await decode(cutOff(sound, 0.75))
      const missing = missingOf(diagnostics)
      expect(missing).toBeGreaterThan(0.1)
      expect(missing).toBeLessThan(0.5)
      const firstLost = Math.round(640 * (1 - missing))
      expect(wrongRows(pixels, truth).every((y) => y >= firstLost - 1)).toBe(true)
      for (let y = firstLost + 1; y < 640; y++) expect(at(pixels, 200, y)).toBe(255)
      expect(diagnostics.find(({ code }) => code === 'IMAGE_DAMAGED')).toMatchObject({
        severity: 'warning',
        message: expect.stringContaining('white'),
      })
    },
  )
  it('is shown in the colours of its profile', async () => {
    const colours = Uint8Array.from({ length: 400 * 640 * 3 }, (_, index) => [200, 60, 40][index % 3] as number)
    const image = sharp(colours, { raw: { width: 400, height: 640, channels: 3 } }).withIccProfile('p3')
    const sound = new Uint8Array(await image.tiff({ compression: 'lzw' }).toBuffer())
    const { pixels, diagnostics } = await decode(cutOff(sound, 0.75))
    expect(missingOf(diagnostics)).toBeGreaterThan(0.1)
    expect([...pixels.data.subarray(0, 3)]).toEqual([...(await decode(sound)).pixels.data.subarray(0, 3)])
  })
  it('is an error when more than half is missing', async () => {
    const file = cutOff(await written('lzw'), 0.3)
    await expect(decode(file)).rejects.toMatchObject({ code: 'CORRUPT_INPUT', message: expect.stringContaining('more than half') })
  })
  it('names missing tiles, by their share of the picture', async () => {
    const file = await written('deflate', true)
    const tiles = partsOf(file)
    const field = readChain(openTiff(inMemory(file)), 1).directories[0]?.fields.get(324)
    new DataView(file.buffer).setUint32(field?.at ?? 0, file.length + 5, true)
    const { pixels, diagnostics } = await decode(file)
    expect(tiles.length).toBe(20)
    expect(missingOf(diagnostics)).toBeCloseTo((128 * 128) / (400 * 640), 6)
    expect(at(pixels, 10, 10)).toBe(255)
  })
  it('keeps the matrix of the orientation', async () => {
    const { fields, data } = greyPage(20, 40, { rows: 10, value: (_x, y) => y * 6, fields: { 274: [3, [6]] } })
    const file = buildTiff([{ fields: { ...fields, 273: [4, [8, 208, 408, 1_000_000]] }, data: data ?? [] }])
    const { pixels, matrix, diagnostics } = await decode(file)
    expect([pixels.width, pixels.height, missingOf(diagnostics)]).toEqual([40, 20, 0.25])
    expect(matrix).toEqual([0, 1, 0, -1, 0, 40, 0, 0, 1])
    expect([at(pixels, 39, 5), at(pixels, 0, 5)]).toEqual([0, 255])
  })
})

describe('TIFF with damaged bytes', () => {
  const seeds = [1, 2, 3, 4, 5, 6]
  /** Forty bytes in the middle of one strip or tile become others. */
  function damage(sound: Uint8Array, seed: number): Uint8Array {
    const next = random(seed)
    const parts = partsOf(sound).filter(({ length }) => length > 100)
    const { offset, length } = parts[Math.floor(next() * parts.length)] ?? { offset: 0, length: 0 }
    const out = sound.slice()
    for (let k = 0; k < 40; k++) out[offset + (length >> 1) + k] = Math.floor(next() * 256)
    return out
  }
  it.each([
    ['deflate', () => written('deflate', true)],
    ['deflate in strips', () => written('deflate')],
    ['LZW', () => written('lzw', true)],
    ['LZW in strips', () => written('lzw')],
    ['CCITT Group 4', () => written('ccittfax4')],
  ] as const)('%s: never without a word', async (_, make) => {
    const sound = await make()
    for (const seed of seeds) {
      const outcome = await decode(damage(sound, seed)).catch((error: { code: string }) => error)
      if ('code' in outcome) expect(outcome.code).toBe('CORRUPT_INPUT')
      else expect(missingOf(outcome.diagnostics)).toBeGreaterThan(0)
    }
  })
  it.each([
    ['JPEG', () => written('jpeg', true)],
    ['Zstandard', zstandard],
    ['PackBits', () => written('packbits')],
  ] as const)('%s, which has no checksum: named in most cases', async (_, make) => {
    const sound = await make()
    let named = 0
    for (const seed of [...seeds, 7, 8, 9, 10]) {
      const outcome = await decode(damage(sound, seed)).catch((error: { code: string }) => error)
      if ('code' in outcome || missingOf(outcome.diagnostics) > 0) named++
    }
    expect(named).toBeGreaterThanOrEqual(5)
  })
  it('takes a JPEG header with sampling factors of 0 as damage', async () => {
    const colour = sharp({ create: { width: 400, height: 640, channels: 3, background: '#a06040' } })
    const file = await colour.tiff({ compression: 'jpeg', tile: true, tileWidth: 128, tileHeight: 128 }).toBuffer()
    const header = file.indexOf(Buffer.from([0xff, 0xc0]))
    // The factors of the three components (T.81, B.2.2).
    for (const at of [11, 14, 17]) file[header + at] = 0
    expect(missingOf((await decode(file)).diagnostics)).toBeGreaterThan(0)
  })
  it('sees a wrong checksum behind pixels that all came out', async () => {
    const file = await written('deflate', true)
    const { offset, length } = partsOf(file)[0] ?? { offset: 0, length: 0 }
    file[offset + length - 1]! ^= 1
    expect(missingOf((await decode(file)).diagnostics)).toBeGreaterThan(0)
    expect(await imageCodec.probe(file, defaultLimits)).toMatchObject({ portable: true })
    expect(await imageCodec.probe(file, defaultLimits, { depth: 'whole' })).toMatchObject({ portable: false })
  })
})

describe('CCITT Group 3', () => {
  /** 200 pixels a line, with an end-of-line code before each: all white, and with ten black ones from 100 on. Codes of T.4, tables 2 and 3. */
  const EOL = '000000000001'
  const white = { 64: '11011', 192: '010111', 2: '0111', 8: '10011', 26: '0010011', 36: '00010101' }
  const lines = Array.from({ length: 40 }, (_, y) =>
    y % 2 ? `${white[192]}${white[8]}` : `${white[64]}${white[36]}0000100${white[64]}${white[26]}`,
  )
  const bytesOf = (bits: string): Uint8Array =>
    Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8).padEnd(8, '0'), 2))
  const file = (coded: readonly string[], fillOrder = 1): Uint8Array => {
    const strip = bytesOf(coded.map((line) => EOL + line).join('') + EOL.repeat(6))
    const turn = (byte: number): number => Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2)
    return buildTiff([
      {
        fields: {
          256: [4, [200]],
          257: [4, [40]],
          258: [3, [1]],
          259: [3, [3]],
          262: [3, [0]],
          266: [3, [fillOrder]],
          277: [3, [1]],
          278: [4, [40]],
        },
        data: [fillOrder === 2 ? strip.map(turn) : strip],
      },
    ])
  }
  it.each([1, 2])('loses a damaged line alone, with fill order %d', async (fillOrder) => {
    const sound = await decode(file(lines, fillOrder))
    expect(sound.diagnostics).toEqual([])
    const broken = lines.map((line, y) => (y === 11 ? `${white[192]}${white[2]}` : line))
    const { pixels, diagnostics } = await decode(file(broken, fillOrder))
    expect(missingOf(diagnostics)).toBeCloseTo(1 / 40, 6)
    expect(wrongRows(pixels, sound.pixels)).toEqual([])
  })
})
