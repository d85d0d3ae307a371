import { PDFName, PDFNumber } from '@cantoo/pdf-lib'
import { mapPoint, type Pixels, pageItemExtra } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { pages } from '../src/index.ts'
import { addRawImage, addText, degrees, document, PDFDocument, rgb } from './support/documents.ts'
import { brightness, pixelsOf, takeImagePages, takePages } from './support/run.ts'

describe('document.pages on a born-digital PDF', () => {
  it('draws a page at the density that is asked for, in one channel when it has no colour', async () => {
    const bytes = await document((made) => void addText(made, 'Moinho').then())
    expect(await pixelsOf(bytes, 0, { dpi: 100 })).toMatchObject({ width: 500, height: 500, channels: 1, density: 100 })
    expect(await pixelsOf(bytes, 0, { dpi: 50 })).toMatchObject({ width: 250, height: 250, density: 50 })
  })

  it('keeps colour', async () => {
    const bytes = await document(async (made) => void (await addText(made, 'Moinho', { colour: rgb(0.9, 0.1, 0.1) })))
    expect(await pixelsOf(bytes, 0, { dpi: 100 })).toMatchObject({ channels: 3 })
  })

  it('gives the pages that are selected, in that order', async () => {
    const bytes = await document(async (made) => {
      for (const width of [100, 200, 300]) made.addPage([width, 72]).drawText('x', { x: 9, y: 9 })
    })
    const { output } = await takePages(bytes, { pages: '-1,1', dpi: 72 })
    expect([(await output.at(0)).width, (await output.at(1)).width]).toEqual([300, 100])
    expect(output.length).toBe(2)
  })

  it('maps the pixels of a rotated, cropped page to the unrotated CropBox', async () => {
    const bytes = await document(async (made) => {
      const page = made.addPage([400, 300])
      page.setCropBox(50, 20, 200, 100)
      page.setRotation(degrees(90))
      page.drawRectangle({ x: 50, y: 110, width: 10, height: 10, color: rgb(0, 0, 0) })
    })
    const { output } = await takePages(bytes, { dpi: 72 })
    const page = (await output.at(0)) as Pixels
    expect(page).toMatchObject({ width: 100, height: 200 })
    // the square in the crop box's top left corner is at the top right of the page turned by 90 degrees
    expect(brightness(page, [0.92, 0.01, 0.99, 0.04])).toBeLessThan(10)
    const { matrix } = pageItemExtra(page)
    const corner = matrix && mapPoint(matrix, [100, 0])
    expect(corner?.[0]).toBeCloseTo(0, 1)
    expect(corner?.[1]).toBeCloseTo(0, 1)
    const far = matrix && mapPoint(matrix, [0, 200])
    expect(far?.[0]).toBeCloseTo(200, 1)
    expect(far?.[1]).toBeCloseTo(100, 1)
  })

  it('lowers the density of a page that would pass the limit on pixels, and says so', async () => {
    const bytes = await document((made) => void made.addPage([14_400, 14_400]).drawText('huge', { x: 100, y: 100, size: 900 }))
    const { output } = await takePages(bytes, {}, { limits: { pixels: 1_000_000 } })
    const page = await output.at(0)
    expect(page.width * page.height).toBeLessThanOrEqual(1_000_000)
    expect(page.width * page.height).toBeGreaterThan(900_000)
    expect(pageItemExtra(page).diagnostics).toMatchObject([{ code: 'PAGE_TOO_LARGE', details: { wanted: 300 } }])
  })

  it.each([false, true])('draws a page as large as its /UserUnit makes it (object streams: %s)', async (useObjectStreams) => {
    const made = await PDFDocument.create()
    const page = made.addPage([144, 72])
    page.node.set(PDFName.of('UserUnit'), PDFNumber.of(2.5))
    made.addPage([144, 72])
    const { output } = await takePages(await made.save({ useObjectStreams }), { dpi: 72 })
    // `mutool draw -r 72` gives 360 x 180.
    expect(await output.at(0)).toMatchObject({ width: 360, height: 180 })
    expect(await output.at(1)).toMatchObject({ width: 144, height: 72 })
    const { matrix } = pageItemExtra(await output.at(0))
    expect(matrix && mapPoint(matrix, [360, 180])).toEqual([360, 180])
  })

  it('does not let /UserUnit blow a page up', async () => {
    const bytes = await document((made) => {
      const page = made.addPage([144, 144])
      page.node.set(PDFName.of('UserUnit'), PDFNumber.of(1000))
      page.drawText('x', { x: 9, y: 9 })
    })
    const { output } = await takePages(bytes, { dpi: 72 }, { limits: { pixels: 10_000_000 } })
    const page = await output.at(0)
    expect(page.width * page.height).toBeLessThanOrEqual(10_000_000)
    expect(pageItemExtra(page).diagnostics).toMatchObject([{ code: 'PAGE_TOO_LARGE' }])
  })

  it.each([1e9, 1e7])('refuses a page of %d points by name', async (edge) => {
    const bytes = await document((made) => void made.addPage([edge, edge]))
    const { output } = await takePages(bytes)
    await expect(output.at(0)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS', message: expect.stringContaining('MediaBox') })
  })

  it.each([0.001, 0, -200])('gives a page of %d points some pixels', async (edge) => {
    const bytes = await document((made) => void made.addPage([edge, edge]))
    const page = await pixelsOf(bytes)
    expect(page.width).toBeGreaterThan(0)
    expect(page.density).toBeGreaterThan(0)
  })

  it('draws what was filled into a form', async () => {
    const bytes = await document((made) => {
      const page = made.addPage([300, 200])
      const field = made.getForm().createTextField('name')
      field.setText('MMMMMMMMMM')
      field.addToPage(page, { x: 20, y: 50, width: 200, height: 60, borderWidth: 0 })
    })
    const page = await pixelsOf(bytes, 0, { dpi: 72 })
    expect(brightness(page, [0.08, 0.52, 0.7, 0.68])).toBeLessThan(230)
    expect(brightness(page, [0.8, 0.2, 1, 1])).toBe(255)
  })

  it('refuses a page with an image that would take seconds to decode, before it does', async () => {
    const bytes = await document(
      (made) => void addRawImage(made, new Uint8Array(8), { Width: 35_000, Height: 35_000, ColorSpace: 'DeviceGray', BitsPerComponent: 1 }),
    )
    const { output } = await takePages(bytes)
    const started = performance.now()
    await expect(output.at(0)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS', details: { width: 35_000, height: 35_000 } })
    // Decoding it would take 4 s.
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('draws nothing before a page is asked for', async () => {
    const bytes = await document((made) => {
      for (let page = 0; page < 300; page++) made.addPage([3000, 3000]).drawRectangle({ x: 0, y: 0, width: 3000, height: 3000 })
    })
    const started = performance.now()
    const { output } = await takePages(bytes)
    expect(output.length).toBe(300)
    // One such page takes 0.5 s to draw.
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('document.pages on an image file', () => {
  it('gives its pages through, selected', async () => {
    const items = [1, 2, 3].map((width) => ({ width, height: 1, channels: 1 as const, density: null, data: new Uint8Array(width) }))
    const { output } = await takeImagePages(items, { pages: '3,1' })
    expect([await output.at(0), await output.at(1)]).toEqual([items[2], items[0]])
  })

  it('says how many pages there are when one is not there', async () => {
    await expect(
      takeImagePages([{ width: 1, height: 1, channels: 1, density: null, data: new Uint8Array(1) }], { pages: '2' }),
    ).rejects.toThrow('one page')
  })
})

describe('document.pages on what it must refuse', () => {
  const text = (): Promise<Uint8Array> => document(async (made) => void (await addText(made, 'Moinho')))
  const encrypted = async (passwords: { userPassword?: string; ownerPassword: string }): Promise<Uint8Array> => {
    const made = await PDFDocument.load(await text())
    await made.encrypt({ userPassword: '', ...passwords } as never)
    return made.save({ useObjectStreams: false })
  }

  it('asks for the password of an encrypted document', async () => {
    await expect(takePages(await encrypted({ userPassword: 'one', ownerPassword: 'two' }))).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
    })
  })

  it('opens a document that only restricts what may be done with it', async () => {
    const { output } = await takePages(await encrypted({ ownerPassword: 'two' }), { dpi: 72 })
    const page = (await output.at(0)) as Pixels
    expect(brightness(page, [0.1, 0.1, 0.4, 0.2])).toBeLessThan(250)
  })

  it.each([
    ['nothing', ''],
    ['a web page', '<!doctype html><p>%PDX'],
    ['a late header', `${' '.repeat(1100)}%PDF-1.7`],
    ['only a header', '%PDF-1.7\n'],
  ])('refuses %s', async (_name, content) => {
    await expect(takePages(new TextEncoder().encode(content))).rejects.toMatchObject({ code: 'CORRUPT_INPUT' })
  })

  it('repairs a file without its end, and says so', async () => {
    const whole = await document(async (made) => {
      await addText(made, 'one')
      await addText(made, 'two')
    })
    const cut = whole.subarray(0, Buffer.from(whole).lastIndexOf('trailer') - 1)
    const { output, diagnostics } = await takePages(cut, { dpi: 72 })
    expect(diagnostics).toMatchObject([{ code: 'DOCUMENT_REPAIRED' }])
    expect(output.length).toBe(2)
    expect(brightness((await output.at(1)) as Pixels, [0.1, 0.1, 0.2, 0.2])).toBeLessThan(250)
  })

  it('reports pages that repairing leaves blank', async () => {
    const whole = await document(async (made) => {
      for (const word of ['one', 'two', 'three']) await addText(made, word)
    })
    const streams = Buffer.from(whole)
    const cut = whole.subarray(0, streams.lastIndexOf('stream\n', streams.lastIndexOf('endstream') - 10) + 8)
    const { output } = await takePages(cut, { dpi: 72 }).catch(() => ({ output: undefined }))
    // Where the page tree itself was behind the cut, the file is refused instead.
    if (output === undefined) return
    const found = []
    for (let index = 0; index < output.length; index++) found.push(...(pageItemExtra(await output.at(index)).diagnostics ?? []))
    expect(found.map(({ code }) => code)).toContain('PAGE_BLANK')
  })

  it('refuses a document of more pages than the limit', async () => {
    const bytes = await document((made) => {
      for (let page = 0; page < 11; page++) made.addPage([72, 72])
    })
    await expect(takePages(bytes, {}, { limits: { pages: 10 } })).rejects.toMatchObject({ code: 'TOO_MANY_PAGES' })
  })

  it('stops between pages when it is cancelled', async () => {
    const abort = new AbortController()
    const { output } = await takePages(await text(), {}, { signal: abort.signal })
    abort.abort()
    await expect(output.at(0)).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('gives no page of a sequence that was disposed of', async () => {
    const { output } = await takePages(await text())
    await output[Symbol.asyncDispose]()
    await expect(output.at(0)).rejects.toMatchObject({ code: 'ENGINE_FAILED' })
  })
})

describe('the engine of document.pages', () => {
  it('names its version, so that an update changes the keys', async () => {
    expect(await pages.engines?.[0]?.fingerprint({})).toEqual({
      pdfium: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      faces: expect.stringMatching(/^Arimo \S+, Tinos \S+, Cousine \S+$/),
    })
    expect(await pages.engines?.[0]?.available({})).toEqual({ ok: true })
  })
})
