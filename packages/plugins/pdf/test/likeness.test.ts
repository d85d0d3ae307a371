import { type PDFDocument, PDFHexString, PDFName, type PDFPage, PDFRawStream } from '@cantoo/pdf-lib'
import { isPixels } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { addScan, PDFDocument as Documents, document, jpeg } from './support/documents.ts'
import { brightness, takePages } from './support/run.ts'

/** The scan's page, after `change`; encrypted where asked. */
async function scanWith(change: (page: PDFPage, made: PDFDocument) => void, { encrypt = false, useObjectStreams = false } = {}) {
  // Loaded anew: an image is not in the document before it was saved.
  const made = await Documents.load(await document(async (made) => void (await addScan(made, await jpeg()))))
  change(made.getPage(0), made)
  if (encrypt) await made.encrypt({ userPassword: '', ownerPassword: 'two' } as never)
  const { output } = await takePages(await made.save({ useObjectStreams }), { dpi: 100 })
  const page = await output.at(0)
  return isPixels(page) ? page : page.mediaType
}

/** Puts operators before what the page draws. */
function before(page: PDFPage, operators: string): void {
  const { context } = page.doc
  page.node.wrapContentStreams(context.register(context.stream(`q ${operators} `)), context.register(context.stream(' Q')))
}

function state(page: PDFPage, dictionary: Record<string, unknown>): string {
  const { context } = page.doc
  page.node.Resources()?.set(PDFName.of('ExtGState'), context.obj({ G: dictionary } as never))
  return '/G gs'
}

/** Half of the page is seen through. */
function maskImage(page: PDFPage, padding = 0): void {
  const { context } = page.doc
  const image = context.enumerateIndirectObjects().find(([, object]) => object instanceof PDFRawStream)?.[1] as PDFRawStream
  const mask = { Type: 'XObject', Subtype: 'Image', Width: 2, Height: 1, ColorSpace: 'DeviceGray', BitsPerComponent: 8 }
  image.dict.set(PDFName.of('SMask'), context.register(context.stream(Uint8Array.from([255, 0]), mask as never)))
  if (padding > 0) image.dict.set(PDFName.of('Note'), PDFHexString.of('41'.repeat(padding)))
}

const right = [0.55, 0.5, 0.95, 0.95] as const
const left = [0.05, 0.5, 0.45, 0.95] as const

describe('a scan is drawn where the page shows something else than what is stored', () => {
  it('untouched as it is, otherwise', async () => {
    expect(await scanWith(() => undefined)).toBe('image/jpeg')
    expect(await scanWith((page) => before(page, state(page, { CA: 1, ca: 1 })))).toBe('image/jpeg')
    expect(await scanWith((page) => before(page, '0 0 288 432 re W n'))).toBe('image/jpeg')
  })

  it.each([false, true])('a transfer function that inverts (object streams: %s)', async (useObjectStreams) => {
    const inverting = { FunctionType: 2, Domain: [0, 1], N: 1, C0: [1], C1: [0] }
    const page = await scanWith((page) => before(page, state(page, { TR: inverting })), { useObjectStreams })
    // pdftoppm 22.12 obeys /TR as well (55 for a grey of 200); MuPDF does not.
    expect(typeof page === 'object' && brightness(page, right)).toBeLessThan(10)
  })

  it('a transfer function that changes nothing', async () => {
    const same = { FunctionType: 2, Domain: [0, 1], N: 1, C0: [0], C1: [1] }
    expect(await scanWith((page) => before(page, state(page, { TR: same })))).toBe('image/jpeg')
  })

  it.each([
    ['a triangle', '0 0 m 288 0 l 0 432 l h W n'],
    ['a rhombus', '144 0 m 288 216 l 144 432 l 0 216 l h W n'],
    ['a circle of curves', '144 0 m 288 0 288 432 144 432 c 0 432 0 0 144 0 c h W n'],
    ['half of the page', '0 0 144 432 re W n'],
    ['two rectangles', '0 0 100 432 re 200 0 88 432 re W n'],
  ])('a clip to %s', async (_name, clip) => {
    const page = await scanWith((page) => before(page, `1 0 0 rg 0 0 288 432 re f ${clip}`))
    expect(page).toMatchObject({ width: 400, height: 600, channels: 3 })
  })

  it('a clip to letters', async () => {
    const page = await scanWith((page, made) => {
      const font = made.context.register(made.context.obj({ Type: 'Font', Subtype: 'Type1', BaseFont: 'Helvetica' }))
      page.node.setFontDictionary(PDFName.of('F'), font)
      before(page, 'BT 7 Tr /F 400 Tf 20 100 Td (O) Tj ET')
    })
    expect(typeof page).toBe('object')
  })

  it.each([
    ['a soft mask', {}, (page: PDFPage) => maskImage(page)],
    ['a soft mask in a dictionary of 30 KB', {}, (page: PDFPage) => maskImage(page, 15_000)],
    ['a soft mask in a dictionary of 500 KB', {}, (page: PDFPage) => maskImage(page, 250_000)],
    ['a soft mask in an encrypted file', { encrypt: true }, (page: PDFPage) => maskImage(page)],
    ['constant alpha', {}, (page: PDFPage) => before(page, `1 0 0 rg 0 0 288 432 re f ${state(page, { ca: 0.5 })}`)],
    ['a blend mode', {}, (page: PDFPage) => before(page, `1 0 0 rg 0 0 288 432 re f ${state(page, { BM: 'Multiply' })}`)],
  ])('%s', async (_name, options, change) => {
    expect(typeof (await scanWith(change, options))).toBe('object')
  })

  it('a soft mask, and shows what it covers', async () => {
    const page = await scanWith((page) => {
      maskImage(page)
      before(page, '0 g 0 0 288 432 re f')
    })
    // White paper stays on the left; on the right the black below is seen, as pdftoppm shows.
    expect(typeof page === 'object' && brightness(page, left)).toBeGreaterThan(245)
    expect(typeof page === 'object' && brightness(page, right)).toBeLessThan(10)
  })

  it('a name with an escaped letter', async () => {
    const made = await Documents.load(await document(async (made) => void (await addScan(made, await jpeg()))))
    maskImage(made.getPage(0))
    const text = Buffer.from(await made.save({ useObjectStreams: false }))
      .toString('latin1')
      .replace('/SMask', '/S#4dask')
    const { output } = await takePages(new Uint8Array(Buffer.from(text, 'latin1')), { dpi: 100 })
    expect(isPixels(await output.at(0))).toBe(true)
  })
})
