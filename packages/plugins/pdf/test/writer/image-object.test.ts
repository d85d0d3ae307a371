import { PDFArray, PDFDocument, PDFName, PDFRawStream } from '@cantoo/pdf-lib'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { asImage, layoutOf } from '../support/layouts.ts'
import { makeSearchable } from '../support/run.ts'
import { apart, drawnBy, imagesOf, problemsOf, skipTools } from '../support/tools.ts'

const size = { width: 60, height: 40 }
const empty = layoutOf(size, [])
const paper = { r: 200, g: 60, b: 40 }
const plain = (background: typeof paper = paper): Sharp => sharp({ create: { ...size, channels: 3, background } })
const embed = async (bytes: Uint8Array, params: Record<string, unknown> = {}): Promise<Uint8Array> =>
  (await makeSearchable([asImage(new Uint8Array(bytes), 72)], [empty], params)).bytes

async function imageDictionaries(pdf: Uint8Array): Promise<PDFRawStream[]> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  return document.context
    .enumerateIndirectObjects()
    .flatMap(([, object]) =>
      object instanceof PDFRawStream && object.dict.get(PDFName.of('Subtype')) === PDFName.of('Image') ? [object] : [],
    )
}

const spaceOf = ({ dict }: PDFRawStream): string => {
  const space = dict.lookup(PDFName.of('ColorSpace'))
  return String(space instanceof PDFArray ? space.get(0) : space)
}

/** A profile for three channels. */
async function colourProfile(): Promise<Uint8Array> {
  const tagged = await sharp({ create: { ...size, channels: 3, background: { r: 0, g: 0, b: 0 } } })
    .withIccProfile('p3')
    .png()
    .toBuffer()
  return new Uint8Array((await sharp(tagged).metadata()).icc ?? [])
}

describe.skipIf(skipTools)(`images of a PDF, drawn by poppler${skipTools ? ` (skipped: ${skipTools})` : ''}`, () => {
  it.each([
    ['JPEG', (image: Sharp) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
    ['PNG', (image: Sharp) => image.png()],
    ['indexed PNG', (image: Sharp) => image.png({ palette: true })],
  ])('keep the colours of a %s in Display P3', async (_name, as) => {
    // sharp converts to the profile that it attaches, so what is seen is still the paper's colour.
    const pdf = await embed(await as(plain().withIccProfile('p3')).toBuffer())
    const [image] = await imageDictionaries(pdf)
    expect(image && spaceOf(image)).toMatch(/ICCBased|Indexed/)
    expect(apart(drawnBy(pdf).at(30, 20), [paper.r, paper.g, paper.b])).toBeLessThanOrEqual(3)
    expect(problemsOf(pdf)).toBe('')
  })
  it('share one profile', async () => {
    const scan = asImage(new Uint8Array(await plain().withIccProfile('p3').jpeg().toBuffer()))
    const other = asImage(new Uint8Array(await plain({ r: 1, g: 2, b: 3 }).withIccProfile('p3').png().toBuffer()))
    const { bytes } = await makeSearchable([scan, other], [empty, empty])
    const spaces = (await imageDictionaries(bytes)).map(({ dict }) => (dict.lookup(PDFName.of('ColorSpace')) as PDFArray).get(1))
    expect([spaces.length, new Set(spaces).size]).toEqual([2, 1])
  })
  it('do not take a profile for other channels', async () => {
    const profile = await colourProfile()
    const scan = await plain().toColourspace('b-w').jpeg().toBuffer()
    const part = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile])
    const head = Uint8Array.of(0xff, 0xe2, (part.length + 2) >> 8, (part.length + 2) & 255)
    const [image] = await imageDictionaries(await embed(Buffer.concat([scan.subarray(0, 2), head, part, scan.subarray(2)])))
    expect(image && spaceOf(image)).toBe('/DeviceGray')
  })
  it('of a JPEG that says RGB by its identifiers alone are RGB', async () => {
    // Grey at all: YCbCr read as RGB is another colour, so that stored RGB is recognised by what comes out.
    const scan = Buffer.from(await plain({ r: 128, g: 128, b: 128 }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer())
    const bare = Buffer.concat([scan.subarray(0, 2), scan.subarray(scan.indexOf(Uint8Array.of(0xff, 0xdb)))])
    const frame = bare.indexOf(Uint8Array.of(0xff, 0xc0))
    const scanHead = bare.indexOf(Uint8Array.of(0xff, 0xda))
    for (const [index, letter] of [82, 71, 66].entries()) {
      bare[frame + 10 + index * 3] = letter
      bare[scanHead + 5 + index * 2] = letter
    }
    const pdf = await embed(bare)
    expect(apart(drawnBy(pdf).at(30, 20), [128, 128, 128])).toBeLessThanOrEqual(1)
    const [image] = await imageDictionaries(pdf)
    expect(String(image?.dict.get(PDFName.of('DecodeParms')))).toContain('/ColorTransform 0')
  })
  it.each([
    [1, { palette: true, colours: 2 }],
    [8, {}],
  ] as const)('black and white of %d bit becomes CCITT Group 4, pixel by pixel', async (_depth, encode) => {
    // Blots of many shapes, which Flate does not find again.
    const data = Uint8Array.from({ length: 602 * 400 }, (_, at) => {
      const [x, y] = [at % 602, Math.floor(at / 602)]
      return Math.sin(x / 7 + Math.sin(y / 13) * 3) + Math.sin(y / 5 + x / 31) + Math.sin((x * y) / 4001) > 0.9 ? 0 : 255
    })
    const page = await sharp(data, { raw: { width: 602, height: 400, channels: 1 } })
      .toColourspace('b-w')
      .png(encode)
      .toBuffer()
    const pdf = await embed(page)
    const [image] = await imageDictionaries(pdf)
    expect(String(image?.dict.get(PDFName.of('Filter')))).toBe('/CCITTFaxDecode')
    const [found] = imagesOf(pdf, '-png')
    const pixels = (file: Uint8Array): Promise<Buffer> => sharp(file).toColourspace('b-w').raw().toBuffer()
    expect(Buffer.compare(await pixels(found?.bytes ?? new Uint8Array()), await pixels(page))).toBe(0)
    expect(problemsOf(pdf)).toBe('')
  })
})
