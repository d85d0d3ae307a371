import { deflateSync } from 'node:zlib'
import { PDFHexString, PDFName } from '@cantoo/pdf-lib'
import { mapPoint, type Pixels, pageItemExtra } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { addRawImage, addScan, degrees, document, jpeg, PDFDocument, rgb } from './support/documents.ts'
import { brightness, pixelsOf, takePages } from './support/run.ts'

describe('document.pages on scans', () => {
  it('gives the embedded JPEG untouched, with the density that its place on the page makes', async () => {
    const scan = await jpeg()
    const { output } = await takePages(await document(async (made) => void (await addScan(made, scan, { density: 150 }))))
    const page = await output.at(0)
    expect(page).toMatchObject({ mediaType: 'image/jpeg', width: 400, height: 600, density: 150 })
    expect('bytes' in page && Buffer.from(page.bytes).equals(scan)).toBe(true)
    const { matrix } = pageItemExtra(page)
    const [x = 0, y = 0] = (matrix && mapPoint(matrix, [400, 600])) ?? []
    expect([x, y].map((value) => Math.round(value * 10) / 10)).toEqual([192, 288])
  })

  it.each([
    [90, [600, 400], [0.88, 0.06, 0.95, 0.4]],
    [180, [400, 600], [0.5, 0.88, 0.9, 0.94]],
    [270, [600, 400], [0.05, 0.5, 0.12, 0.9]],
  ] as const)('turns a scan on a page rotated by %i degrees upright', async (rotate, [width, height], bar) => {
    const bytes = await document(async (made) => void (await addScan(made, await jpeg(), { rotate })))
    const page = await pixelsOf(bytes)
    expect(page).toMatchObject({ width, height, channels: 1, density: 100 })
    expect(brightness(page, bar)).toBeLessThan(20)
    expect(brightness(page, [0.45, 0.45, 0.55, 0.55])).toBeGreaterThan(250)
    // The page drawn by PDFium agrees, and so do the two matrices.
    const drawn = (await (await takePages(bytes, { dpi: 50 }, { limits: { pixels: 200_000 } })).output.at(0)) as Pixels
    expect(brightness(drawn, bar)).toBeLessThan(30)
    const [stored, raster] = [pageItemExtra(page).matrix, pageItemExtra(drawn).matrix]
    for (const [x, y] of [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const) {
      const one = stored && mapPoint(stored, [x * page.width, y * page.height])
      const other = raster && mapPoint(raster, [x * drawn.width, y * drawn.height])
      expect(one?.[0]).toBeCloseTo(other?.[0] ?? Number.NaN, 1)
      expect(one?.[1]).toBeCloseTo(other?.[1] ?? Number.NaN, 1)
    }
  })

  it('gives the next page when the one before was moved away', async () => {
    const bytes = await document(async (made) => {
      for (const width of [400, 500]) await addScan(made, await jpeg({ width }))
    })
    const { output } = await takePages(bytes)
    const first = await output.at(0)
    if ('bytes' in first) structuredClone(first.bytes, { transfer: [first.bytes.buffer as ArrayBuffer] })
    expect(await output.at(1)).toMatchObject({ mediaType: 'image/jpeg', width: 500 })
  })

  it('takes an invisible text layer for none', async () => {
    const scan = await jpeg()
    const bytes = await document(async (made) => {
      const page = await addScan(made, scan)
      page.drawText('old OCR', { x: 50, y: 50, renderMode: 3 })
    })
    expect(await (await takePages(bytes)).output.at(0)).toMatchObject({ mediaType: 'image/jpeg' })
  })

  it('draws a page on whose scan something else is visible', async () => {
    const scan = await jpeg()
    const bytes = await document(async (made) => {
      const page = await addScan(made, scan)
      page.drawText('a stamp', { x: 50, y: 50 })
    })
    expect(await pixelsOf(bytes, 0, { dpi: 100 })).toMatchObject({ width: 400, height: 600 })
  })

  it('does not mind white paper or text that lies under the scan', async () => {
    const scan = await jpeg()
    const bytes = await document(async (made) => {
      const image = await made.embedJpg(scan)
      const page = made.addPage([288, 432])
      page.drawRectangle({ x: -9, y: -9, width: 400, height: 600, color: rgb(1, 1, 1) })
      page.drawText('hidden', { x: 50, y: 50 })
      page.drawImage(image, { x: 0, y: 0, width: 288, height: 432 })
    })
    expect(await (await takePages(bytes)).output.at(0)).toMatchObject({ mediaType: 'image/jpeg' })
  })

  it('draws a scan that lies aslant, because the stored pixels do not', async () => {
    const bytes = await document(async (made) => {
      const image = await made.embedJpg(await jpeg())
      made.addPage([288, 432]).drawImage(image, { x: 0, y: 0, width: 288, height: 432, rotate: degrees(0.5) })
    })
    expect(await pixelsOf(bytes, 0, { dpi: 100 })).toMatchObject({ density: 100 })
  })

  it('draws a JPEG with a soft mask', async () => {
    const alpha = new Uint8Array(
      await sharp({ create: { width: 60, height: 60, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.3 } } })
        .png()
        .toBuffer(),
    )
    const bytes = await document(async (made) => {
      made.addPage([72, 72]).drawImage(await made.embedPng(alpha), { x: 0, y: 0, width: 72, height: 72 })
    })
    const page = await pixelsOf(bytes, 0, { dpi: 72 })
    expect(page).toMatchObject({ channels: 3, width: 72 })
    // red at 30 % on white paper
    expect([...page.data.subarray(3 * 36 * 73, 3 * 36 * 73 + 3)].map((value) => Math.round(value / 10))).toEqual([26, 18, 18])
  })

  const flate = deflateSync(new Uint8Array(64).fill(128))
  const palette = PDFHexString.of('4080')
  it.each([
    {
      name: 'grey in Flate',
      dictionary: { ColorSpace: 'DeviceGray', BitsPerComponent: 8, Filter: 'FlateDecode' },
      stored: flate,
      expected: 128,
    },
    { name: '1 bit', dictionary: { ColorSpace: 'DeviceGray', BitsPerComponent: 1 }, stored: new Uint8Array(8).fill(0xff), expected: 255 },
    {
      name: '1 bit inverted',
      dictionary: { ColorSpace: 'DeviceGray', BitsPerComponent: 1, Decode: [1, 0] },
      stored: new Uint8Array(8).fill(0xff),
      expected: 0,
    },
    {
      name: 'indexed',
      dictionary: { ColorSpace: ['Indexed', 'DeviceGray', 1, palette], BitsPerComponent: 8 },
      stored: new Uint8Array(64).fill(1),
      expected: 128,
    },
    { name: 'a stencil', dictionary: { ImageMask: true, BitsPerComponent: 1 }, stored: new Uint8Array(8), expected: 0 },
    {
      name: 'RGB without colour',
      dictionary: { ColorSpace: 'DeviceRGB', BitsPerComponent: 8 },
      stored: new Uint8Array(192).fill(77),
      expected: 77,
    },
  ])('gives a scan that is stored as $name at its own size', async ({ dictionary, stored, expected }) => {
    const bytes = await document((made) => void addRawImage(made, stored, { Width: 8, Height: 8, ...dictionary }))
    const page = await pixelsOf(bytes)
    expect(page).toMatchObject({ width: 8, height: 8, channels: 1, density: 4 })
    expect(new Set(page.data)).toEqual(new Set([expected]))
  })

  it('decodes a JPEG whose samples the PDF inverts', async () => {
    const bytes = await document(async (made) => {
      addRawImage(made, await jpeg(), {
        Width: 400,
        Height: 600,
        ColorSpace: 'DeviceGray',
        BitsPerComponent: 8,
        Filter: 'DCTDecode',
        Decode: [1, 0],
      })
    })
    expect(brightness(await pixelsOf(bytes), [0.5, 0.5, 1, 1])).toBeLessThan(5)
  })

  it('takes the JPEG out of a chain of filters', async () => {
    const scan = await jpeg({ width: 400, height: 400 })
    const bytes = await document((made) => {
      const filters = { Filter: ['FlateDecode', 'DCTDecode'], Width: 400, Height: 400, ColorSpace: 'DeviceRGB', BitsPerComponent: 8 }
      addRawImage(made, deflateSync(scan), filters)
    })
    const page = await (await takePages(bytes)).output.at(0)
    expect('bytes' in page && Buffer.from(page.bytes).equals(scan)).toBe(true)
  })

  it('converts a CMYK JPEG', async () => {
    const cmyk = new Uint8Array(
      await sharp(await jpeg({ grey: false }))
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
    )
    const page = await pixelsOf(await document(async (made) => void (await addScan(made, cmyk))))
    expect(page).toMatchObject({ width: 400, height: 600, channels: 3 })
    expect(brightness(page, [0.5, 0.5, 1, 1])).toBeGreaterThan(250)
    expect(pageItemExtra(page).diagnostics).toMatchObject([{ code: 'CMYK_CONVERTED' }])
  })

  it('draws a page whose scan is in a layer that is switched off', async () => {
    const scan = await jpeg()
    const layered = (visible: boolean): Promise<Uint8Array> =>
      document(async (made) => {
        const { context } = made
        const page = await addScan(made, scan)
        const layer = context.register(context.obj({ Type: 'OCG', Name: PDFHexString.fromText('Scan') }))
        const off = visible ? [] : [layer]
        made.catalog.set(PDFName.of('OCProperties'), context.obj({ OCGs: [layer], D: { OFF: off } }))
        page.node.Resources()?.set(PDFName.of('Properties'), context.obj({ Layer: layer }))
        page.node.wrapContentStreams(context.register(context.stream('/OC /Layer BDC ')), context.register(context.stream(' EMC')))
      })
    expect(await (await takePages(await layered(true))).output.at(0)).toMatchObject({ mediaType: 'image/jpeg' })
    expect(brightness(await pixelsOf(await layered(false), 0, { dpi: 72 }), [0, 0, 1, 1])).toBe(255)
  })

  it('draws a rule over a scan', async () => {
    const scan = await jpeg()
    const bytes = await document(async (made) => {
      const page = await addScan(made, scan)
      page.drawLine({ start: { x: 20, y: 100 }, end: { x: 200, y: 100 }, thickness: 0 })
    })
    expect(await pixelsOf(bytes, 0, { dpi: 100 })).toMatchObject({ width: 400 })
  })

  it('finds a scan inside a form XObject', async () => {
    const scan = await jpeg()
    const inner = await document(async (made) => void (await addScan(made, scan)))
    const bytes = await document(async (made) => {
      const [form] = await made.embedPdf(inner)
      const page = made.addPage([288, 432])
      if (form) page.drawPage(form, { x: 0, y: 0, width: 288, height: 432 })
    })
    expect(await (await takePages(bytes)).output.at(0)).toMatchObject({ mediaType: 'image/jpeg', density: 100 })
  })

  it('gives the scan of a document that only restricts what may be done with it', async () => {
    const made = await PDFDocument.load(await document(async (inner) => void (await addScan(inner, await jpeg()))))
    await made.encrypt({ userPassword: '', ownerPassword: 'two' } as never)
    expect(await (await takePages(await made.save({ useObjectStreams: false }))).output.at(0)).toMatchObject({
      width: 400,
      height: 600,
      density: 100,
    })
  })

  it('decodes a JPEG whose EXIF turns it, because a PDF does not', async () => {
    const turned = new Uint8Array(
      await sharp(await jpeg())
        .withMetadata({ orientation: 6 })
        .jpeg()
        .toBuffer(),
    )
    const bytes = await document(async (made) => {
      const image = await made.embedJpg(turned)
      made.addPage([288, 432]).drawImage(image, { x: 0, y: 0, width: 288, height: 432 })
    })
    expect(await pixelsOf(bytes)).toMatchObject({ width: 400, height: 600 })
  })
})
