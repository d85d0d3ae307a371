import type { Encoded, FileRule, Pixels } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { searchable } from '../src/index.ts'
import { jpeg, picture, png } from './support/documents.ts'

const ruleFor = (params: object = {}): FileRule => {
  const { files } = searchable.input.pages
  if (!files) throw new Error('the port has no rule for files')
  return files(searchable.params.parse(params))
}
const file = (bytes: Uint8Array): Encoded => ({ mediaType: bytes[0] === 0xff ? 'image/jpeg' : 'image/png', bytes })
const takes = (bytes: Uint8Array, params: object = {}): boolean => ruleFor(params).takes(file(bytes))

/** Replaces the byte behind a marker's start by `change`. */
function withMarker(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const out = Buffer.from(bytes)
  for (let at = 2; at < out.length - 1; at++) {
    if (out[at] !== 0xff || out[at + 1] !== from) continue
    out[at + 1] = to
    return out
  }
  throw new Error('no such marker')
}

describe('files that go into a PDF as they are', () => {
  it('are JPEGs of the kinds that DCTDecode has', async () => {
    const scan = await jpeg({ grey: false })
    expect(takes(scan)).toBe(true)
    expect(takes(new Uint8Array(await sharp(scan).jpeg({ progressive: true }).toBuffer()))).toBe(true)
    // Lossless, arithmetic, hierarchical.
    for (const frame of [0xc3, 0xc9, 0xca, 0xc5]) expect(takes(withMarker(scan, 0xc0, frame))).toBe(false)
  })
  it('are whole, and have nothing between their markers', async () => {
    const scan = Buffer.from(await jpeg())
    const table = scan.indexOf(Uint8Array.of(0xff, 0xdb))
    expect(takes(Buffer.concat([scan.subarray(0, table), Uint8Array.of(0, 0), scan.subarray(table)]))).toBe(false)
    expect(takes(scan.subarray(0, scan.length - 100))).toBe(false)
    const rows = Buffer.from(await png())
    expect(takes(rows)).toBe(true)
    expect(takes(rows.subarray(0, rows.length - 40))).toBe(false)
  })
  it('say one thing of their colours: JFIF is YCbCr, Adobe with 0 is not', async () => {
    const scan = Buffer.from(await jpeg({ grey: false }))
    const adobe = Uint8Array.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0])
    const jfif = Uint8Array.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0])
    expect(takes(Buffer.concat([scan.subarray(0, 2), jfif, adobe, scan.subarray(2)]))).toBe(false)
    expect(takes(Buffer.concat([scan.subarray(0, 2), jfif, scan.subarray(2)]))).toBe(true)
    const bare = Buffer.concat([scan.subarray(0, 2), adobe, scan.subarray(scan.indexOf(Uint8Array.of(0xff, 0xdb)))])
    expect(takes(bare)).toBe(true)
  })
  it('are PNGs without alpha and interlacing', async () => {
    const rgb = await sharp(await png({ grey: false }))
      .removeAlpha()
      .png()
      .toBuffer()
    expect(takes(new Uint8Array(rgb))).toBe(true)
    expect(takes(await png({}, { progressive: true }))).toBe(false)
    const clear = await (await picture()).ensureAlpha(0.5).png().toBuffer()
    expect(takes(new Uint8Array(clear))).toBe(false)
  })
  it('are no CMYK without a profile where PDF/A is asked for', async () => {
    const cmyk = new Uint8Array(
      await sharp(await jpeg({ grey: false }))
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
    )
    expect([takes(cmyk), takes(cmyk, { pdfA: true })]).toEqual([true, false])
  })
})

describe('pictures', () => {
  const pixels = (channels: 1 | 3, value: number): Pixels => ({
    width: 2,
    height: 1,
    channels,
    density: null,
    data: new Uint8Array(2 * channels).fill(value),
  })
  it('are lossless unless JPEG is asked for, and black and white pages always', () => {
    expect(ruleFor().encodeAs(pixels(3, 90))).toEqual({ mediaType: 'image/png' })
    const asked = ruleFor({ pictures: 'jpeg', quality: 60 })
    expect(asked.encodeAs(pixels(3, 90))).toEqual({ mediaType: 'image/jpeg', options: { quality: 60 } })
    expect(asked.encodeAs(pixels(1, 90))).toEqual({ mediaType: 'image/jpeg', options: { quality: 60 } })
    expect(asked.encodeAs(pixels(1, 255))).toEqual({ mediaType: 'image/png' })
  })
  it('in JPEG stay the files they are, PNGs do not where JPEG is asked for', async () => {
    expect(takes(await jpeg(), { pictures: 'jpeg' })).toBe(true)
    expect(takes(await png(), { pictures: 'jpeg' })).toBe(false)
  })
})
