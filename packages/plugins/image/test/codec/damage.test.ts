import { type Diagnostic, defaultLimits, type Pixels } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { readChunks, writeChunk, writePng } from '../../src/codec/png/chunks.ts'
import { paint } from '../pages.ts'

const signal = new AbortController().signal
const decode = (bytes: Uint8Array) => imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })
const probe = (bytes: Uint8Array) => imageCodec.probe(bytes, defaultLimits, { depth: 'whole' })
// Nowhere white and as much to code in every row, so that bytes and rows are lost in the same share.
const page = paint(320, 320, (x, y) => [(x * 97 + y * 31) % 200, ((x * y) ^ (y * 7)) % 200, (x ^ (y * 3)) % 200])
const raw = () => sharp(page.data, { raw: { width: 320, height: 320, channels: 3 } })
const cut = (bytes: Uint8Array, share: number): Uint8Array => bytes.subarray(0, Math.floor(bytes.length * share))
const damage = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.find(({ code }) => code === 'IMAGE_DAMAGED')?.details as { missing: number } | undefined

const encodings: Record<string, () => Promise<Uint8Array>> = {
  'baseline JPEG': () => raw().jpeg({ quality: 85 }).toBuffer(),
  'JPEG without subsampling': () => raw().jpeg({ quality: 85, chromaSubsampling: '4:4:4' }).toBuffer(),
  'grey JPEG': () => raw().greyscale().jpeg({ quality: 85 }).toBuffer(),
  PNG: () => raw().png().toBuffer(),
  'PNG with a palette': () => raw().png({ palette: true, colours: 64 }).toBuffer(),
  'bilevel PNG': () => imageCodec.encode(bilevel(), { mediaType: 'image/png' }),
}

const bilevel = (): Pixels => paint(320, 320, (x, y) => (((x * 13) ^ (y * 7)) % 5 ? 0 : 255))

/** Rows from the bottom on that are white all over. */
function whiteRows({ width, height, channels, data }: Pixels): number {
  let rows = 0
  while (
    rows < height &&
    data.subarray((height - rows - 1) * width * channels, (height - rows) * width * channels).every((value) => value === 255)
  )
    rows++
  return rows
}

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

describe('a damaged PNG', () => {
  const parts = async () =>
    readChunks(await raw().png({ compressionLevel: 0 }).toBuffer()).chunks.map(({ type, data }) => [type, data] as const)

  /** Flips a bit of the chunk of this type, whose checksum is then wrong. */
  async function flipped(type: string): Promise<Uint8Array> {
    const file = Buffer.from(
      await raw()
        .png({ palette: type === 'PLTE' })
        .withDensity(300)
        .toBuffer(),
    )
    const at = file.indexOf(type, 0, 'latin1')
    file[at + 6]! ^= 1
    return file
  }

  it('with a wrong checksum in a part that no pixel depends on is whole, and says so', async () => {
    const { diagnostics, pixels } = await decode(await flipped('pHYs'))
    expect(damage(diagnostics)).toEqual({ missing: 0, chunks: ['pHYs'] })
    expect(Buffer.compare(pixels.data, page.data)).toBe(0)
  })

  it.each(['IHDR', 'PLTE'])('is an error when the checksum of %s is wrong, on which every pixel depends', async (type) => {
    await expect(decode(await flipped(type))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  it('is an error when nothing tells where its only piece of data is damaged', async () => {
    const [header, ...others] = await parts()
    const data = Buffer.concat(others.filter(([type]) => type === 'IDAT').map(([, content]) => content))
    const chunk = Buffer.from(writeChunk('IDAT', data))
    chunk[1000]! ^= 255
    const start = writePng([header ?? ['IHDR', data]]).subarray(0, -12)
    await expect(decode(Buffer.concat([start, chunk, writeChunk('IEND', new Uint8Array(0))]))).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
    })
  })

  it('is trusted up to the piece with the wrong checksum', async () => {
    const [header, ...others] = await parts()
    const data = Buffer.concat(others.filter(([type]) => type === 'IDAT').map(([, content]) => content))
    const size = Math.ceil(data.length / 10)
    const pieces = Array.from({ length: 10 }, (_, index) =>
      Buffer.from(writeChunk('IDAT', data.subarray(index * size, (index + 1) * size))),
    )
    pieces[7]![500]! ^= 1
    const file = Buffer.concat([writePng([header ?? ['IHDR', data]]).subarray(0, -12), ...pieces, writeChunk('IEND', new Uint8Array(0))])
    const { pixels, diagnostics } = await decode(file)
    expect(damage(diagnostics)?.missing).toBeCloseTo(0.3, 1)
    expect(whiteRows(pixels) / 320).toBeCloseTo(0.3, 1)
    const kept = pixels.data.subarray(0, 320 * 3 * 220)
    expect(Buffer.compare(kept, page.data.subarray(0, kept.length))).toBe(0)
  })

  it('whose data have a wrong checksum of their own has all of its rows, and says so', async () => {
    const changed = await withData((data) => data.map((value, index) => (index === data.length - 1 ? value ^ 1 : value)))
    expect(await probe(changed)).toMatchObject({ portable: false })
    const { pixels, diagnostics } = await decode(changed)
    expect(damage(diagnostics)).toEqual({ missing: 0 })
    expect(Buffer.compare(pixels.data, page.data)).toBe(0)
  })

  it('whose data are too short for its size, with all checksums right, is found', async () => {
    const short = await withData((data) => data.subarray(0, Math.floor(data.length * 0.8)))
    expect(await probe(short)).toMatchObject({ portable: false })
    expect(damage((await decode(short)).diagnostics)?.missing).toBeCloseTo(0.2, 1)
    await expect(decode(await withData((data) => data.subarray(0, 2000)))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  async function withData(change: (data: Uint8Array) => Uint8Array): Promise<Uint8Array> {
    const [header, ...others] = await parts()
    const data = Buffer.concat(others.filter(([type]) => type === 'IDAT').map(([, content]) => content))
    return writePng([header ?? ['IHDR', data], ['IDAT', change(data)]])
  }

  it('that is interlaced has the rows of its last pass repeated from above', async () => {
    const file = await raw().png({ progressive: true, compressionLevel: 0 }).toBuffer()
    const { pixels, diagnostics } = await decode(cut(file, 0.75))
    expect(damage(diagnostics)?.missing).toBeCloseTo(0.25, 1)
    const row = (y: number) => Buffer.from(pixels.data.subarray(y * 960, (y + 1) * 960))
    for (let y = 0; y < 320; y += 2) expect(Buffer.compare(row(y), page.data.subarray(y * 960, (y + 1) * 960))).toBe(0)
    expect(Buffer.compare(row(319), row(318))).toBe(0)
    expect(Buffer.compare(row(1), page.data.subarray(960, 1920))).toBe(0)
    await expect(decode(cut(file, 0.45))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  it("is refused by name in Apple's own form", async () => {
    const file = writePng([['CgBI', Buffer.alloc(4)], ...(await parts())])
    await expect(decode(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', details: { encoding: 'CgBI PNG' } })
  })

  it('is the first frame of an animation, which is named', async () => {
    const [header, ...others] = await parts()
    const file = writePng([header ?? ['IHDR', new Uint8Array(0)], ['acTL', Buffer.from([0, 0, 0, 3, 0, 0, 0, 0])], ...others])
    expect(await probe(file)).toMatchObject({ pages: 1, portable: false })
    expect((await decode(file)).diagnostics).toMatchObject([{ code: 'FRAMES_LEFT_OUT', details: { frames: 3 } }])
  })
})

describe('a WebP', () => {
  it('that is an animation is its first frame, which is named', async () => {
    const frames = await Promise.all([raw(), raw().negate()].map((frame) => frame.png().toBuffer()))
    const file = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    expect(await probe(file)).toMatchObject({ pages: 1, width: 320, height: 320, portable: false })
    const { pixels, diagnostics } = await decode(file)
    expect(diagnostics).toMatchObject([{ code: 'FRAMES_LEFT_OUT', details: { frames: 2 } }])
    expect(pixels.height).toBe(320)
  })

  it('that is cut behind its picture is whole, and says so', async () => {
    const file = await raw()
      .webp({ lossless: true })
      .withExif({ IFD0: { Artist: 'Alice' } })
      .toBuffer()
    const { pixels, diagnostics } = await decode(file.subarray(0, file.length - 20))
    expect(damage(diagnostics)).toEqual({ missing: 0 })
    expect(Buffer.compare(pixels.data, page.data)).toBe(0)
  })
})

describe('what is no image that is read', () => {
  it.each([
    ['JPEG 2000', [0xff, 0x4f, 0xff, 0x51, 0, 47]],
    ['JPEG XL', [0xff, 0x0a, 0x1f, 0x2b]],
    ['Photoshop', [0x38, 0x42, 0x50, 0x53, 0, 1, 0, 0]],
    ['GIF', [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0]],
  ])('is refused by its name, with what to do: %s', async (encoding, head) => {
    const file = Uint8Array.from([...head, ...Array(40).fill(1)])
    await expect(decode(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', details: { encoding } })
  })

  it('is an AVIF image sequence', async () => {
    const file = Buffer.from(await raw().avif({ effort: 0 }).toBuffer())
    file.write('avis', 8, 'latin1')
    await expect(decode(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', details: { encoding: 'AVIF image sequence' } })
  })
})
