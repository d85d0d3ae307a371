import { type PDFDocument, PDFName, type PDFRef } from '@cantoo/pdf-lib'
import { type EncodedImage, isPixels, type Pixels, pageItemExtra } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { isSrgb } from '../src/icc-srgb.ts'
import { withColour } from '../src/jpeg-colour.ts'
import { addRawImage, document } from './support/documents.ts'
import { takePages } from './support/run.ts'
import { apart, drawnBy, skipTools } from './support/tools.ts'

const size = { width: 40, height: 40 }
const stored = [200, 60, 40]
/** What these numbers are in Display P3, computed with the matrices of the standards. */
const asP3 = [217, 41, 23]
const flat = (channels: 1 | 3 = 3) =>
  sharp(
    Uint8Array.from({ length: size.width * size.height * channels }, (_, at) => stored[at % channels] ?? 0),
    { raw: { ...size, channels } },
  )
const jpeg = async () => new Uint8Array(await flat().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer())
const p3 = async () => new Uint8Array((await sharp(await flat().withIccProfile('p3').png().toBuffer()).metadata()).icc ?? [])
const srgb = async () => new Uint8Array((await sharp(await flat().withIccProfile('srgb').png().toBuffer()).metadata()).icc ?? [])

const profileIn = ({ context }: PDFDocument, bytes: Uint8Array): PDFRef => context.register(context.stream(bytes, { N: 3 }))
const Device = { ColorSpace: 'DeviceRGB', BitsPerComponent: 8, Filter: 'DCTDecode', Width: 40, Height: 40 }

/** A scan with its colour space; `more` goes into the dictionary, `resources` into the page's. */
async function scan(
  bytes: Uint8Array,
  parts: (made: PDFDocument) => { image?: object; resources?: object } = () => ({}),
): Promise<{ pdf: Uint8Array; page: Pixels | EncodedImage }> {
  const pdf = await document((made) => {
    const { image, resources } = parts(made)
    const page = addRawImage(made, bytes, { ...Device, ...image })
    for (const [name, value] of Object.entries(resources ?? {}))
      page.node.Resources()?.set(PDFName.of(name), made.context.obj(value as never))
  })
  return { pdf, page: await (await takePages(pdf)).output.at(0) }
}

/** The colour in the middle, in sRGB. */
async function colourOf(page: Pixels | EncodedImage): Promise<number[]> {
  if (isPixels(page)) return [...page.data.subarray((20 * page.width + 20) * page.channels).subarray(0, page.channels)]
  const { data, info } = await sharp(page.bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return [...data.subarray((20 * 40 + 20) * info.channels).subarray(0, info.channels)]
}

const iccBased =
  (profile: Uint8Array, more: object = {}) =>
  (made: PDFDocument) => ({ image: { ColorSpace: ['ICCBased', profileIn(made, profile)], ...more } })

/** What poppler draws is what we give; skipped where it is not installed. */
async function sameAsPoppler(pdf: Uint8Array, page: Pixels | EncodedImage): Promise<void> {
  if (!skipTools) expect(apart(await colourOf(page), drawnBy(pdf).at(70, 70))).toBeLessThanOrEqual(3)
}

describe('a scan taken out of a PDF', () => {
  it('brings the profile that the PDF gives it, as a JPEG or decoded', async () => {
    for (const more of [{}, { Decode: [1, 0, 1, 0, 1, 0] }]) {
      const { page, pdf } = await scan(await jpeg(), iccBased(await p3(), more))
      expect(isPixels(page)).toBe('Decode' in more)
      if (!('Decode' in more)) expect(apart(await colourOf(page), asP3)).toBeLessThanOrEqual(3)
      await sameAsPoppler(pdf, page)
    }
  })
  it('stays the very JPEG when its profile is sRGB', async () => {
    const bytes = await jpeg()
    const { page } = await scan(bytes, iccBased(await srgb()))
    expect(isPixels(page) || Buffer.compare(page.bytes, bytes)).toBe(0)
  })
  it('does not believe a profile in the JPEG that the PDF does not give', async () => {
    const own = withColour(await jpeg(), { profile: await p3(), transform: undefined }) ?? new Uint8Array()
    expect(apart(await colourOf({ mediaType: 'image/jpeg', bytes: own, ...size, density: null }), asP3)).toBeLessThanOrEqual(3)
    for (const parts of [() => ({}), iccBased(await srgb())]) {
      const { page, pdf } = await scan(own, parts)
      expect(apart(await colourOf(page), stored)).toBeLessThanOrEqual(2)
      await sameAsPoppler(pdf, page)
    }
  })
  it('obeys /ColorTransform 0, with JFIF and without', async () => {
    // Grey in YCbCr is (v, 128, 128): read as red, green and blue it is another colour.
    const bytes = Buffer.from(
      await sharp({ create: { ...size, channels: 3, background: '#646464' } })
        .jpeg({ quality: 100 })
        .toBuffer(),
    )
    const jfif = Uint8Array.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0])
    const table = bytes.subarray(bytes.indexOf(Uint8Array.of(0xff, 0xdb)))
    for (const start of [[], [jfif]]) {
      const one = Buffer.concat([bytes.subarray(0, 2), ...start, table])
      const { page, pdf } = await scan(one, () => ({ image: { DecodeParms: { ColorTransform: 0 } } }))
      expect(apart(await colourOf(page), [100, 128, 128])).toBeLessThanOrEqual(2)
      await sameAsPoppler(pdf, page)
    }
  })
  it('is drawn, at its own density, where the page gives the device another meaning', async () => {
    const profile = await p3()
    const rows = Uint8Array.from({ length: 40 * 40 * 3 }, (_, at) => stored[at % 3] ?? 0)
    const { page, pdf } = await scan(rows, (made) => ({
      image: { Filter: [] },
      resources: { ColorSpace: { DefaultRGB: ['ICCBased', profileIn(made, profile)] } },
    }))
    expect(page).toMatchObject({ width: 40, height: 40, density: 20 })
    expect(apart(await colourOf(page), asP3)).toBeLessThanOrEqual(3)
    await sameAsPoppler(pdf, page)
  })
})

describe('calibrated colours', () => {
  const matrix = [0.4497, 0.2446, 0.0252, 0.3163, 0.672, 0.1412, 0.1845, 0.0833, 0.9227]
  const space = ['CalRGB', { WhitePoint: [0.9505, 1, 1.089], Gamma: [1.8, 1.8, 1.8], Matrix: matrix }]
  it('are converted as poppler and MuPDF do', async () => {
    const { page, pdf } = await scan(await jpeg(), () => ({ image: { ColorSpace: space } }))
    // From the formulas of PDF 32000-1, 8.6.5.3, and IEC 61966-2-1.
    expect(apart(await colourOf(page), [216, 83, 55])).toBeLessThanOrEqual(3)
    await sameAsPoppler(pdf, page)
  })
  it('are named where the space does not stand with the image', async () => {
    const { page } = await scan(await jpeg(), (made) => ({
      image: { ColorSpace: made.context.register(made.context.obj(space as never)) },
    }))
    expect(pageItemExtra(page).diagnostics).toMatchObject([{ code: 'COLOURS_DOUBTFUL', severity: 'warning', details: { space: 'CalRGB' } }])
  })
})

describe('isSrgb', () => {
  it('looks at the numbers of a profile, not at its name', async () => {
    const profile = await srgb()
    expect([isSrgb(profile), isSrgb(await p3())]).toEqual([true, false])
    const edited = Buffer.from(profile)
    const entry = edited.indexOf('rXYZ', 132)
    edited.writeInt32BE(Math.round(0.6097 * 65_536), edited.readUInt32BE(entry + 4) + 8)
    expect(isSrgb(edited)).toBe(false)
    expect(isSrgb(profile.subarray(0, 200))).toBe(false)
  })
})
