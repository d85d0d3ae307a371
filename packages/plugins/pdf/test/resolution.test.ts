import { type PDFDocument, PDFName, type PDFPage } from '@cantoo/pdf-lib'
import { describe, expect, it } from 'vitest'
import { degrees, document, jpeg } from './support/documents.ts'
import { pixelsOf } from './support/run.ts'

/** Bilevel rows with a pattern that only the full resolution shows. */
function strip(made: PDFDocument, width: number, height: number): PDFName {
  const rows = new Uint8Array((width / 8) * height).fill(0b10101010)
  const image = { Type: 'XObject', Subtype: 'Image', Width: width, Height: height, ColorSpace: 'DeviceGray', BitsPerComponent: 1 }
  return made.context.register(made.context.stream(rows, image as never)) as never
}

/** Pictures side by side or one under another over a page of 1 inch, each `cells` of the page. */
function draw(made: PDFDocument, page: PDFPage, parts: readonly { box: readonly number[]; pixels: readonly [number, number] }[]): void {
  for (const { box, pixels } of parts) {
    const name = page.node.newXObject('I', strip(made, ...pixels) as never)
    const [x = 0, y = 0, w = 1, h = 1] = box.map((value) => value * 72)
    page.node.addContentStream(made.context.register(made.context.stream(`q ${w} 0 0 ${h} ${x} ${y} cm ${name} Do Q `)))
  }
}

const whole = { box: [0, 0, 1, 1], pixels: [600, 600] as const }
const page600 = (then: (page: PDFPage, made: PDFDocument) => void | Promise<void> = () => undefined, parts = [whole as never]) =>
  document(async (made) => {
    const page = made.addPage([72, 72])
    draw(made, page, parts)
    await then(page, made)
  })

function annotate(page: PDFPage, dictionary: Record<string, unknown>): void {
  const { context } = page.doc
  page.node.set(PDFName.of('Annots'), context.obj([context.register(context.obj({ Type: 'Annot', ...dictionary } as never))]))
}

describe('a scan of 600 dpi keeps its resolution', () => {
  it.each<[string, (page: PDFPage, made: PDFDocument) => void | Promise<void>]>([
    ['alone', () => undefined],
    ['with a number stamped on it', (page) => page.drawText('ABC000123', { x: 20, y: 5, size: 6 })],
    ['with a note', (page) => annotate(page, { Subtype: 'Text', Rect: [10, 10, 30, 30] })],
    ['with a signature field without a size', (page) => annotate(page, { Subtype: 'Widget', FT: 'Sig', Rect: [0, 0, 0, 0], F: 132 })],
    ['with an empty signature field', (page) => annotate(page, { Subtype: 'Widget', FT: 'Sig', Rect: [10, 10, 60, 30], F: 4 })],
    ['on a rotated page with a stamp', (page) => page.setRotation(degrees(90)) ?? page.drawText('A', { x: 20, y: 5, size: 6 })],
  ])('%s', async (_name, then) => {
    const page = await pixelsOf(await page600(then))
    expect(page).toMatchObject({ width: 600, height: 600, density: 600 })
  })

  it.each([
    ['two strips', [0, 0.5].map((y) => ({ box: [0, y, 1, 0.5], pixels: [600, 300] }))],
    ['two halves', [0, 0.5].map((x) => ({ box: [x, 0, 0.5, 1], pixels: [296, 600] }))],
    ['tiles', [0, 0.5].flatMap((x) => [0, 0.5].map((y) => ({ box: [x, y, 0.5, 0.5], pixels: [304, 304] })))],
    [
      'a coarse background under fine patches',
      [
        { box: [0, 0, 1, 1], pixels: [96, 96] },
        { box: [0.1, 0.4, 0.8, 0.1], pixels: [480, 60] },
      ],
    ],
  ])('in %s', async (_name, parts) => {
    const { density } = await pixelsOf(await page600(undefined, parts as never))
    expect(density).toBeGreaterThanOrEqual(590)
    expect(density).toBeLessThanOrEqual(610)
  })

  it('draws a page of text with a small fine picture at the density that is asked for', async () => {
    const bytes = await page600(undefined, [{ box: [0.1, 0.1, 0.2, 0.2], pixels: [240, 240] }] as never)
    expect(await pixelsOf(bytes, 0, { dpi: 150 })).toMatchObject({ density: 150 })
  })

  it('does not sink below what is asked for', async () => {
    const bytes = await document(async (made) => {
      const page = made.addPage([288, 432])
      page.drawImage(await made.embedJpg(await jpeg()), { x: 0, y: 0, width: 288, height: 432 })
      page.drawText('over it', { x: 9, y: 9 })
    })
    expect(await pixelsOf(bytes, 0, { dpi: 300 })).toMatchObject({ density: 300 })
  })
})
