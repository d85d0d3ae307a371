import type { Pixels } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { paint } from '../pages.ts'
import { cut, damage, decode, probe, raw, whiteRows } from './damaged.ts'

const encodings: Record<string, () => Promise<Uint8Array>> = {
  'baseline JPEG': () => raw().jpeg({ quality: 85 }).toBuffer(),
  'JPEG without subsampling': () => raw().jpeg({ quality: 85, chromaSubsampling: '4:4:4' }).toBuffer(),
  'grey JPEG': () => raw().greyscale().jpeg({ quality: 85 }).toBuffer(),
  PNG: () => raw().png().toBuffer(),
  'PNG with a palette': () => raw().png({ palette: true, colours: 64 }).toBuffer(),
  'bilevel PNG': () => imageCodec.encode(bilevel(), { mediaType: 'image/png' }),
}

const bilevel = (): Pixels => paint(320, 320, (x, y) => (((x * 13) ^ (y * 7)) % 5 ? 0 : 255))

describe.each(Object.entries(encodings))('a %s', (name, make) => {
  it.each([0.1, 0.25, 0.4])('that is cut at %d is an error', async (share) => {
    await expect(decode(cut(await make(), share))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  it.each([0.6, 0.75, 0.9, 0.95])(
    'that is cut at %d is the page as far as it goes, then white paper, and says the share',
    async (share) => {
      const whole = await make()
      const file = cut(whole, share)
      expect(await probe(file)).toMatchObject({ portable: false })
      const [{ pixels: all }, { pixels, diagnostics }] = [await decode(whole), await decode(file)]
      const missing = damage(diagnostics)?.missing ?? 0
      expect(missing).toBeGreaterThan(0)
      expect(Math.abs(missing - (1 - share))).toBeLessThan(0.15)
      const white = whiteRows(pixels)
      // A unit of 16 rows may be there in part.
      expect(Math.abs(white / 320 - missing)).toBeLessThanOrEqual(16 / 320)
      const kept = pixels.data.subarray(0, (320 - white - 32) * 320 * pixels.channels)
      expect(Buffer.compare(kept, all.data.subarray(0, kept.length))).toBe(0)
    },
  )

  it('that is whole says nothing, and is passed on', async () => {
    expect((await decode(await make())).diagnostics).toEqual([])
    expect(await probe(await make())).toMatchObject({ portable: true, diagnostics: [] })
  })

  it(`that has lost only its end mark is whole, and says so (${name})`, async () => {
    const whole = await make()
    const { pixels, diagnostics } = await decode(whole.subarray(0, whole.length - (name.includes('JPEG') ? 2 : 12)))
    expect(damage(diagnostics)).toMatchObject({ missing: 0 })
    expect(Buffer.compare(pixels.data, (await decode(whole)).pixels.data)).toBe(0)
  })
})

describe('a damaged JPEG', () => {
  it('of several passes says that it is blurred when the last one is cut off, or is not there', async () => {
    const whole = await raw().jpeg({ progressive: true }).toBuffer()
    const lastPass = whole.lastIndexOf(Buffer.of(0xff, 0xda))
    for (const file of [cut(whole, 0.9), Buffer.concat([whole.subarray(0, lastPass), Uint8Array.of(0xff, 0xd9)])]) {
      expect(await probe(file)).toMatchObject({ portable: false })
      expect(damage((await decode(file)).diagnostics)).toMatchObject({ blurred: true })
    }
    await expect(decode(cut(whole, 0.1))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  it('with an end mark put behind the cut is found by its coded data', async () => {
    const whole = await raw().jpeg({ quality: 85 }).toBuffer()
    const { diagnostics } = await decode(Buffer.concat([cut(whole, 0.8), Uint8Array.of(0xff, 0xd9)]))
    expect(Math.abs((damage(diagnostics)?.missing ?? 0) - 0.2)).toBeLessThan(0.1)
  })

  it('whose coded data are damaged in the middle is found where libjpeg says nothing', async () => {
    const whole = await raw().jpeg({ quality: 85 }).toBuffer()
    const file = Buffer.from(whole)
    for (let at = 0; at < 200; at++) file[Math.floor(whole.length * 0.8) + at] = (at * 89 + 7) & 0x7f
    // Pillow 11 and sharp with failOn "error" show this file without a word.
    await sharp(file, { failOn: 'error' }).raw().toBuffer()
    expect(await probe(file)).toMatchObject({ portable: false })
    const { diagnostics } = await decode(file)
    expect(damage(diagnostics)).toMatchObject({ exact: false })
  })

  it('with restart markers loses the piece that is damaged, and no more', async () => {
    const whole = await withRestarts()
    const [first, second] = [4, 5].map((marker) => whole.indexOf(Buffer.of(0xff, 0xd0 + marker))) as [number, number]
    expect(await probe(whole)).toMatchObject({ portable: true })
    const file = Buffer.from(whole).fill(0, first + 10, second)
    const { pixels, diagnostics } = await decode(file)
    expect(damage(diagnostics)?.missing).toBeGreaterThan(0)
    expect(damage(diagnostics)?.missing).toBeLessThanOrEqual(16 / 320)
    const original = (await decode(whole)).pixels.data
    const from = 200 * 320 * 3
    expect(Buffer.compare(pixels.data.subarray(from), original.subarray(from))).toBe(0)
  })

  /** A grey JPEG with a restart marker behind every row of blocks, made of 40 strips: sharp writes none. */
  async function withRestarts(): Promise<Buffer> {
    const options = { quality: 85, mozjpeg: false, optimiseCoding: false }
    const strips = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        raw()
          .extract({ left: 0, top: index * 8, width: 320, height: 8 })
          .greyscale()
          .toColourspace('b-w')
          .jpeg(options)
          .toBuffer(),
      ),
    )
    const head = Buffer.from(strips[0] as Buffer)
    const scan = head.indexOf(Buffer.of(0xff, 0xda))
    head.writeUInt16BE(320, head.indexOf(Buffer.of(0xff, 0xc0)) + 5)
    const data = strips.map((strip) => strip.subarray(strip.indexOf(Buffer.of(0xff, 0xda)) + 10, -2))
    const pieces = data.flatMap((piece, index) => (index === 39 ? [piece] : [piece, Buffer.of(0xff, 0xd0 + (index & 7))]))
    const interval = Buffer.of(0xff, 0xdd, 0, 4, 0, 40)
    return Buffer.concat([head.subarray(0, scan), interval, head.subarray(scan, scan + 10), ...pieces, Buffer.of(0xff, 0xd9)])
  }

  it('with EXIF orientation turns what is left, with the white where the stored end was', async () => {
    const whole = await raw().withMetadata({ orientation: 6 }).jpeg({ quality: 85 }).toBuffer()
    const { pixels, diagnostics } = await decode(cut(whole, 0.8))
    expect(damage(diagnostics)?.missing).toBeGreaterThan(0.1)
    // Turned by 90 degrees clockwise, the stored bottom is at the left.
    expect([...pixels.data.subarray(0, 24)]).toEqual(Array(24).fill(255))
    expect(pixels.data[319 * 3]).toBeLessThan(255)
  })

  it('has the bytes that stand before a marker passed over, by name, and is not passed on', async () => {
    const whole = await raw()
      .withExif({ IFD0: { Artist: 'Alice' } })
      .jpeg()
      .toBuffer()
    const at = whole.indexOf(Buffer.of(0xff, 0xdb))
    const file = Buffer.concat([whole.subarray(0, at), Buffer.alloc(3), whole.subarray(at)])
    expect(await probe(file)).toMatchObject({ portable: false, diagnostics: [{ code: 'STRAY_BYTES', details: { bytes: 3 } }] })
    const { pixels, diagnostics } = await decode(file)
    expect(diagnostics.map(({ code }) => code)).toEqual(['STRAY_BYTES'])
    expect(Buffer.compare(pixels.data, (await decode(whole)).pixels.data)).toBe(0)
  })

  it('may have anything behind its end', async () => {
    const file = Buffer.concat([await raw().jpeg().toBuffer(), Buffer.alloc(5000)])
    expect((await decode(file)).diagnostics).toEqual([])
    expect(await probe(file)).toMatchObject({ portable: true })
  })
})

describe('a kind of JPEG that is not read', () => {
  it.each([
    ['12-bit JPEG', 0xc1, 12],
    ['16-bit JPEG', 0xc3, 16],
    ['hierarchical JPEG', 0xc5, 8],
    ['arithmetic-coded JPEG', 0xc9, 8],
    ['arithmetic-coded JPEG', 0xca, 8],
    ['JPEG-LS', 0xf7, 8],
  ])('is refused by its name, by header and when it is decoded: %s', async (encoding, marker, precision) => {
    const file = Buffer.from(await raw().jpeg().toBuffer())
    const at = file.indexOf(Buffer.of(0xff, 0xc0))
    file[at + 1] = marker
    file[at + 4] = precision
    const refusal = {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringMatching(new RegExp(`${encoding}.*not supported\\. Save it`)),
      details: { encoding },
    }
    await expect(probe(file)).rejects.toMatchObject(refusal)
    await expect(decode(file)).rejects.toMatchObject(refusal)
  })
})
