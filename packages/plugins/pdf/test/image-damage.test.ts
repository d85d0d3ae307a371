import { deflateSync } from 'node:zlib'
import { pageItemExtra } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { faxRowsMissing, isCutJpeg, jbig2Missing, jpxMissing } from '../src/pdfium/stream-ends.ts'
import { addRawImage, document } from './support/documents.ts'
import { takePages } from './support/run.ts'

const EDGE = 256
const grey = { Width: EDGE, Height: EDGE, ColorSpace: 'DeviceGray', BitsPerComponent: 8 }
/** Noise: as many bytes for every row. */
let state = 1
const noise = Uint8Array.from({ length: EDGE * EDGE }, () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return state & 0xff
})
const jpeg = async (progressive = false): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(noise, { raw: { width: EDGE, height: EDGE, channels: 1 } })
      .jpeg({ quality: 90, progressive })
      .toBuffer(),
  )
const cut = (bytes: Uint8Array, share: number): Uint8Array => bytes.slice(0, Math.round(bytes.length * share))

async function read(bytes: Uint8Array, dictionary: Record<string, unknown>) {
  const { output } = await takePages(await document((made) => void addRawImage(made, bytes, { ...grey, ...dictionary })))
  const page = await output.at(0)
  return { page, diagnostics: pageItemExtra(page).diagnostics ?? [] }
}

describe('an image whose data end early', () => {
  it.each([
    ['stored as it is', async () => noise, {}],
    ['in Flate', async () => deflateSync(noise), { Filter: 'FlateDecode' }],
    ['in DCT', () => jpeg(), { Filter: 'DCTDecode' }],
  ] as const)('is named with the share that is missing, and refused when that is most of it: %s', async (_name, make, dictionary) => {
    const whole = await make()
    expect((await read(whole, dictionary)).diagnostics).toEqual([])
    const { page, diagnostics } = await read(cut(whole, 0.7), dictionary)
    expect(page).toMatchObject({ width: EDGE, height: EDGE, channels: 1 })
    expect(diagnostics).toMatchObject([{ code: 'IMAGE_DAMAGED', severity: 'warning' }])
    const missing = Number((diagnostics[0]?.details as { missing?: number } | undefined)?.missing)
    expect(missing).toBeGreaterThan(0.22)
    expect(missing).toBeLessThan(0.36)
    await expect(read(cut(whole, 0.3), dictionary)).rejects.toMatchObject({ code: 'CORRUPT_INPUT', details: { page: 1 } })
  })

  it('comes decoded, and named as coarser, where a progressive JPEG lacks its last scans', async () => {
    const { page, diagnostics } = await read(cut(await jpeg(true), 0.8), { Filter: 'DCTDecode' })
    expect(page).toMatchObject({ width: EDGE, channels: 1 })
    expect(diagnostics).toMatchObject([{ code: 'IMAGE_DAMAGED', details: { missing: 0 } }])
  })

  it('is refused when nothing of it can be decoded', async () => {
    await expect(read(new Uint8Array(40).fill(7), { Filter: 'JBIG2Decode' })).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
    await expect(read(new Uint8Array(40).fill(7), { Filter: 'JPXDecode' })).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })
})

describe('the end of a stream', () => {
  it('of a JPEG is its end of image, not that of a preview before it', async () => {
    const whole = await jpeg()
    expect(isCutJpeg(whole)).toBe(false)
    expect(isCutJpeg(whole.subarray(0, -2))).toBe(true)
    const preview = Uint8Array.from([0xff, 0xd8, 0xff, 0xda, 0xff, 0xd9])
    expect(isCutJpeg(Uint8Array.from([...preview, ...whole.subarray(0, -2)]))).toBe(true)
  })

  it('of a JBIG2 is told by its segments', () => {
    // Number 0, flags: page information (48), refers to none, page 1, 19 bytes.
    const segment = [0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19, ...new Uint8Array(19)]
    expect(jbig2Missing(Uint8Array.from([...segment, ...segment]))).toBe(0)
    expect(jbig2Missing(Uint8Array.from([...segment, ...segment.slice(0, 20)]))).toBeCloseTo(10 / 60)
  })

  it('of a JPEG 2000 is told by its mark or its tile parts', () => {
    const tile = [0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 100, 0, 1, ...new Uint8Array(88)]
    const start = [0xff, 0x4f, 0xff, 0x51]
    expect(jpxMissing(Uint8Array.from([...start, ...tile, 0xff, 0xd9]))).toBe(0)
    expect(jpxMissing(Uint8Array.from([...start, ...tile.slice(0, 60)]))).toBeCloseTo(0.4)
  })

  it('of a fax of group 4 is its mark, or as many single bits as it has blank rows', () => {
    const rows = (): number => 800
    // 800 blank rows are 100 bytes of ones.
    expect(faxRowsMissing(new Uint8Array(100).fill(0xff), rows)).toBe(0)
    expect(faxRowsMissing(Uint8Array.from([0x35, 0x00, 0x10, 0x01]), rows)).toBe(0)
    expect(faxRowsMissing(Uint8Array.from([0x35, 0x2b, 0x6a]), rows)).toBeGreaterThan(780)
    expect(faxRowsMissing(Uint8Array.from([0x35, 0x2b, ...new Uint8Array(50).fill(0xff)]), rows)).toBeGreaterThan(380)
  })
})
