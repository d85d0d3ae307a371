import { decodePDFRawStream, PDFDocument, PDFRawStream } from '@cantoo/pdf-lib'
import { createLayout, linesOf, placedWords } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { searchable } from '../src/index.ts'
import { jpeg, png } from './support/documents.ts'
import { asImage, gridLayout, layoutOf } from './support/layouts.ts'
import { worstOffset } from './support/offsets.ts'
import { makeSearchable, takePages } from './support/run.ts'
import { imagesOf, problemsOf, skipTools, textOf, wordsOf } from './support/tools.ts'

const size = { width: 400, height: 600 }
const empty = layoutOf(size, [])

describe.skipIf(skipTools)(`pdf.searchable, checked by poppler and qpdf${skipTools ? ` (skipped: ${skipTools})` : ''}`, () => {
  it('puts every word exactly over its place, in reading order', async () => {
    const layout = gridLayout()
    const { bytes } = await makeSearchable([asImage(await jpeg({ width: 2000, height: 1500 }))], [layout])
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.1)
    expect(textOf(bytes).split(/\s+/).filter(Boolean)).toEqual(
      layout.blocks.flatMap((block) => linesOf(block).flatMap((line) => placedWords(line).map(({ text }) => text))),
    )
    expect(problemsOf(bytes)).toBe('')
  })

  it.skipIf(skipTools)('puts a line that has no words into its box whole, also in a cell and in a list', async () => {
    const line = (text: string, top: number) => ({
      box: [100, top, 900, top + 40] as const,
      text,
      baseline: [100, top + 32, 900, top + 32],
    })
    const box = [100, 100, 900, 400] as const
    const layout = createLayout({
      width: 1000,
      height: 800,
      density: 100,
      blocks: [
        { kind: 'paragraph', box, hand: 'hand', lines: [line('Vossa Mercê sabe', 100), { box: [100, 150, 900, 190] }] },
        { kind: 'list', box, items: [{ box, lines: [line('primeiro', 200)] }] },
        { kind: 'table', box, rows: [{ cells: [{ box, column: 0, lines: [line('Saldo 7', 300)] }] }], lines: [] },
      ],
    })
    const { bytes } = await makeSearchable([asImage(await jpeg({ width: 1000, height: 800 }), 100)], [layout])
    expect(
      textOf(bytes)
        .trim()
        .split(/\s*\n\s*/u),
    ).toEqual(['Vossa Mercê sabe', 'primeiro', 'Saldo 7'])
    const words = wordsOf(bytes)[0] ?? []
    const edges = [Math.min(...words.map(({ box }) => box[0])), Math.max(...words.map(({ box }) => box[2]))]
    expect(edges[0]).toBeCloseTo(72, 0)
    expect(edges[1]).toBeCloseTo(648, 0)
  })

  it('scales a layout that was read from another pixel grid', async () => {
    const layout = gridLayout({ width: 2000, height: 1500 })
    const { bytes, diagnostics } = await makeSearchable([asImage(await jpeg({ width: 1000, height: 750 }), 150)], [layout])
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.1)
    expect(diagnostics).toEqual([])
  })

  it('keeps JPEGs byte by byte', async () => {
    const scans = [await jpeg({ grey: false }), await jpeg()]
    const { bytes } = await makeSearchable(
      scans.map((scan) => asImage(scan)),
      [empty, empty],
    )
    expect(
      imagesOf(bytes).map((image) => Buffer.from(image.bytes).equals(scans[image.name.includes('000') ? 0 : 1] ?? new Uint8Array())),
    ).toEqual([true, true])
    expect(problemsOf(bytes)).toBe('')
  })

  it.each([
    ['grey', { grey: true }, { compressionLevel: 6 }],
    ['bilevel', { grey: true }, { colours: 2, palette: true }],
    ['RGB', { grey: false }, { compressionLevel: 1 }],
    ['indexed', { grey: false }, { palette: true }],
    ['interlaced', { grey: false }, { progressive: true }],
  ])('keeps the pixels of a %s PNG', async (_name, options, encode) => {
    const page = await png(options, encode)
    const { bytes } = await makeSearchable([asImage(page)], [empty])
    const [found] = imagesOf(bytes)
    const pixels = (file: Uint8Array): Promise<Buffer> => sharp(file).toColourspace('srgb').removeAlpha().raw().toBuffer()
    expect((await pixels(found?.bytes ?? new Uint8Array())).equals(await pixels(page))).toBe(true)
    expect(problemsOf(bytes)).toBe('')
  })

  it('copies the compressed rows of a PNG instead of packing them again', async () => {
    const page = await png({ width: 2480, height: 3508 }, { compressionLevel: 1 })
    const { bytes } = await makeSearchable([asImage(page)], [undefined])
    const rows = Buffer.from(page)
      .subarray(Buffer.from(page).indexOf('IDAT') + 4)
      .subarray(0, 1000)
    expect(Buffer.from(bytes).includes(rows)).toBe(true)
  })

  it('writes Unicode: long s, ligatures, Greek, CJK, characters beyond two bytes; composed', async () => {
    const words = ['ſanto', 'oﬃcio', 'λόγος', '漢字', 'coração', 'ñu'.normalize('NFD'), '𝔄𝔅𝔄', 'a&b']
    const layout = layoutOf(
      size,
      words.map((text, row) => ({ words: [[text, [20, 20 + row * 40, 120, 50 + row * 40]] as const] })),
    )
    const { bytes } = await makeSearchable([asImage(await jpeg())], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(words.map((text) => text.normalize('NFC')))
  })

  it.each([1, -2.5, 4, 12, -12])('keeps the words of a line that slants by %f degrees in their places and in one line', async (degrees) => {
    const slope = Math.tan((degrees * Math.PI) / 180)
    const at = (x: number): number => 600 + slope * x
    const words = Array.from(
      { length: 8 },
      (_, index) => [`word${index}`, [100 + index * 200, at(180 + index * 200) - 40, 260 + index * 200, at(180 + index * 200)]] as const,
    )
    const layout = layoutOf({ width: 2000, height: 1500 }, [{ words, baseline: [100, at(100), 1660, at(1660)] }])
    const { bytes } = await makeSearchable([asImage(await jpeg({ width: 2000, height: 1500 }))], [layout])
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('has a font that holds what it says', async () => {
    const { bytes } = await makeSearchable([asImage(await jpeg())], [gridLayout(size)])
    expect(problemsOf(bytes)).toBe('')
    expect(wordsOf(bytes)[0]?.length).toBe(120)
  })
})

describe('pdf.searchable', () => {
  it('gives the same bytes for the same input', async () => {
    const make = async (params: Record<string, unknown>): Promise<Uint8Array> =>
      (await makeSearchable([asImage(await jpeg())], [gridLayout(size)], params)).bytes
    const params = { title: 'Cartas', language: 'pt-BR', pdfA: true }
    const [one, two] = [await make(params), await make(params)]
    expect(Buffer.from(one).equals(two)).toBe(true)
    expect(Buffer.from(one).equals(await make({ ...params, title: 'Outras' }))).toBe(false)
  })

  it('makes the page as large as the image is at its density, then at its layout’s, then at 300 dpi', async () => {
    const scan = await jpeg()
    const widths = await Promise.all(
      [
        [asImage(scan, 100), empty],
        [asImage(scan, null), { ...empty, density: 200 }],
        [asImage(scan, null), undefined],
      ].map(async ([image, layout]) => {
        const { bytes } = await makeSearchable([image as never], [layout as never])
        return (await PDFDocument.load(bytes)).getPage(0).getWidth()
      }),
    )
    expect(widths).toEqual([288, 144, 96])
  })

  it('gives the fonts a map of the characters that were written and no more: readers keep one for every font', async () => {
    const layout = layoutOf(size, [
      {
        words: [
          ['Olá', [20, 20, 120, 50]],
          ['𝔄', [150, 20, 180, 50]],
        ],
      },
    ])
    const { bytes } = await makeSearchable([undefined], [layout])
    const { context } = await PDFDocument.load(bytes)
    const streams = context.enumerateIndirectObjects().flatMap(([, object]) => (object instanceof PDFRawStream ? [object] : []))
    const maps = streams
      .map((stream) => Buffer.from(decodePDFRawStream(stream).decode()).toString('latin1'))
      .filter((text) => text.includes('begincmap'))
    expect(maps.map((map) => map.match(/^<....> <.+>$/gm)?.slice(1))).toEqual([
      ['<0020> <0020>', '<004F> <004F>', '<006C> <006C>', '<00E1> <00E1>', '<D800> <D835DD04>'],
    ])
  })

  it('says title and language', async () => {
    const { bytes } = await makeSearchable([asImage(await jpeg())], [empty], { title: 'Cartas de 1899', language: 'pt-BR' })
    const read = await PDFDocument.load(bytes)
    expect(read.getTitle()).toBe('Cartas de 1899')
    expect(String(read.catalog.get(read.context.obj({ Lang: 1 }).keys()[0] as never))).toContain('pt-BR')
  })

  it('writes what PDF/A asks for', async () => {
    const text = Buffer.from((await makeSearchable([asImage(await jpeg())], [empty], { pdfA: true })).bytes).toString('latin1')
    expect(text).toContain('<pdfaid:part>2</pdfaid:part>')
    expect(text).toContain('<pdfaid:conformance>B</pdfaid:conformance>')
  })

  it('refuses a CMYK page in PDF/A', async () => {
    const cmyk = new Uint8Array(
      await sharp(await jpeg({ grey: false }))
        .toColourspace('cmyk')
        .jpeg()
        .toBuffer(),
    )
    await expect(makeSearchable([asImage(cmyk)], [empty], { pdfA: true })).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect((await makeSearchable([asImage(cmyk)], [empty])).bytes.length).toBeGreaterThan(cmyk.length)
  })

  it('keeps a page whose text was skipped, leaves out one without either, and says so', async () => {
    const scan = asImage(await jpeg())
    const { bytes, diagnostics } = await makeSearchable([scan, scan, undefined, undefined], [empty, undefined, gridLayout(size), undefined])
    expect((await PDFDocument.load(bytes)).getPageCount()).toBe(3)
    expect(diagnostics.map(({ code, details }) => [code, details])).toEqual([
      ['PAGE_WITHOUT_TEXT', { page: 2 }],
      ['PAGE_WITHOUT_IMAGE', { page: 3 }],
      ['PAGE_WITHOUT_IMAGE', { page: 4 }],
    ])
  })

  it('warns when the text was read from an image of another shape', async () => {
    const { diagnostics } = await makeSearchable([asImage(await jpeg())], [layoutOf({ width: 600, height: 400 }, [])])
    expect(diagnostics).toMatchObject([{ code: 'LAYOUT_MISFIT' }])
  })

  it('stores an image that several pages share once', async () => {
    const scan = asImage(await jpeg({ width: 1500, height: 1500, grey: false }))
    const { bytes } = await makeSearchable([scan, scan, scan], [empty, empty, empty])
    expect(bytes.length).toBeLessThan(2 * scan.bytes.length + 5000)
  })

  it('refuses a damaged image and an empty document', async () => {
    const page = await png()
    await expect(makeSearchable([{ ...asImage(page), bytes: page.subarray(0, 200) }], [empty])).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
    })
    await expect(makeSearchable([{ ...asImage(await jpeg()), bytes: new Uint8Array([0xff, 0xd8, 0xff]) }], [empty])).rejects.toMatchObject({
      code: 'CORRUPT_INPUT',
    })
    await expect(makeSearchable([], [])).rejects.toMatchObject({ code: 'EMPTY_INPUT' })
  })

  it('is read back by document.pages as the JPEGs it was made of', async () => {
    const scan = await jpeg()
    const { bytes } = await makeSearchable([asImage(scan, 200)], [gridLayout(size)])
    const page = await (await takePages(bytes)).output.at(0)
    expect(page).toMatchObject({ mediaType: 'image/jpeg', width: 400, height: 600, density: 200 })
    expect('bytes' in page && Buffer.from(page.bytes).equals(scan)).toBe(true)
  })

  it('refuses a language that is no tag', () => {
    expect(searchable.params.safeParse({ language: 'Português!' }).error?.issues[0]?.message).toContain('pt-BR')
  })
})
