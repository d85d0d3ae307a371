import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { contentsOf, writeChunk, writePng } from '../../src/codec/png/chunks.ts'
import { cut, damage, decode, page, probe, raw, whiteRows } from './damaged.ts'

describe('a damaged PNG', () => {
  const parts = async () => contentsOf(await raw().png({ compressionLevel: 0 }).toBuffer())

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
  ])('is refused by its name, with what to do: %s', async (name, head) => {
    const file = Uint8Array.from([...head, ...Array(40).fill(1)])
    const message = expect.stringMatching(new RegExp(`${name}.*\\. Convert it to `))
    await expect(decode(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', message })
  })

  it('is an AVIF image sequence', async () => {
    const file = Buffer.from(await raw().avif({ effort: 0 }).toBuffer())
    file.write('avis', 8, 'latin1')
    await expect(decode(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', details: { encoding: 'AVIF image sequence' } })
  })
})
