import { decodePDFRawStream, PDFDocument, PDFRawStream } from '@cantoo/pdf-lib'
import type { Layout } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { searchable } from '../src/index.ts'
import { jpeg, png } from './support/documents.ts'
import { asImage, gridLayout, layoutOf } from './support/layouts.ts'
import { makeSearchable, takePages } from './support/run.ts'
import { imagesOf, problemsOf, skipTools, textOf, wordsOf } from './support/tools.ts'

const size = { width: 400, height: 600 }
const empty = layoutOf(size, [])

/** How far the words that poppler finds are from those of the layout, in points. */
function worstOffset(pdf: Uint8Array, layout: Layout, density: number): number {
  const found = wordsOf(pdf)[0] ?? []
  const wanted = layout.blocks.flatMap((block) => block.lines.flatMap((line) => line.words))
  expect(found.map(({ text }) => text).sort()).toEqual(wanted.map(({ text }) => text).sort())
  const offsets = wanted.flatMap((word) => {
    const match = found.find(({ text }) => text === word.text)
    return word.box.map((edge, index) => Math.abs((edge * 72) / density - (match?.box[index] ?? Number.NaN)))
  })
  return Math.max(...offsets)
}

describe.skipIf(skipTools)(`pdf.searchable, checked by poppler and qpdf${skipTools ? ` (skipped: ${skipTools})` : ''}`, () => {
  it('puts every word exactly over its place, in reading order', async () => {
    const layout = gridLayout()
    const { bytes } = await makeSearchable([asImage(await jpeg({ width: 2000, height: 1500 }))], [layout])
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.1)
    expect(textOf(bytes).split(/\s+/).filter(Boolean)).toEqual(
      layout.blocks.flatMap((block) => block.lines.flatMap((line) => line.words.map(({ text }) => text))),
    )
    expect(problemsOf(bytes)).toBe('')
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

  it('keeps two columns apart whose lines differ in capitals and descenders', async () => {
    // Text of 12 points with a gutter of two ems; every third line has no capital, every fourth no descender.
    const line = (column: number, row: number) => {
      const base = 150 + row * 58 + column * 7
      const words = Array.from({ length: 6 }, (_, index) => {
        const x = 100 + column * 980 + index * 150
        const [top, bottom] = [index % 3 === 0 && row % 3 !== 0 ? 35 : 23, index % 2 === 0 && row % 4 !== 0 ? 11 : 0]
        return [`w${column}-${row}-${index}`, [x, base - top, x + 132, base + bottom]] as const
      })
      return { words, baseline: [100 + column * 980, base, 982 + column * 980, base] }
    }
    const columns = [0, 1].flatMap((column) => Array.from({ length: 30 }, (_, row) => line(column, row)))
    const layout = layoutOf({ width: 2100, height: 2200 }, columns)
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(columns.flatMap(({ words }) => words.map(([text]) => text)))
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('reads a page number beside a running head before the columns, as the layout does', async () => {
    // The number is a pixel higher than the head, and a block of its own; both columns start below it.
    const column = (left: number) =>
      Array.from({ length: 12 }, (_, row) => {
        const base = 250 + row * 58
        const words = Array.from({ length: row === 11 ? 2 : 6 }, (_unused, index) => {
          const x = left + index * 150
          return [`w${left}-${row}-${index}`, [x, base - (index % 2 ? 23 : 35), x + 132, base + (index % 3 ? 0 : 11)]] as const
        })
        return { words, baseline: [left, base, left + 882, base] }
      })
    const head = [['Running', [100, 63, 260, 98]] as const, ['head', [280, 63, 380, 98]] as const]
    const parts = [[{ words: head }], [{ words: [['317', [1890, 61, 1962, 98]] as const] }], column(100), column(1080)]
    const layouts = parts.map((lines) => layoutOf({ width: 2100, height: 1100 }, lines))
    const layout = { ...layouts[0], blocks: layouts.flatMap(({ blocks }) => blocks) } as Layout
    const { bytes } = await makeSearchable([undefined], [layout])
    const wanted = parts.flatMap((lines) => lines.flatMap(({ words }) => words.map(([text]) => text)))
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(wanted)
    expect(textOf(bytes).split(/\s+/).filter(Boolean)).toEqual(wanted)
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('keeps the words of a line in order over wide blanks, whatever signs stand between them', async () => {
    // Every third line is set with blanks of 2 sizes. A dash stands above the base line, an apostrophe higher, and the base line rises.
    const letters = [
      [35, 0],
      [20, -12],
      [23, 11],
      [35, 3],
    ] as const
    const line = (row: number) => {
      const base = 150 + row * 58
      const [count, step] = row % 3 === 1 ? [5, 230] : [8, 132]
      const words = Array.from({ length: count }, (_, index) => {
        const [up, down] = row % 3 === 0 && index === 2 ? [35, -18] : (letters[index % 4] ?? [0, 0])
        const [x, rise] = [100 + index * step, (index * step) / 400]
        return [`l${row}w${index}`, [x, base - up - rise, x + 116, base + down - rise]] as const
      })
      return { words, baseline: [100, base, 1140, base - 2.6] }
    }
    const lines = Array.from({ length: 8 }, (_, row) => line(row))
    const layout = layoutOf({ width: 1400, height: 800 }, lines)
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(lines.flatMap(({ words }) => words.map(([text]) => text)))
    expect(worstOffset(bytes, layout, 300)).toBeLessThan(0.5)
  })

  it('keeps a word of narrow letters whole beside taller ones', async () => {
    const words = [['Álgido', [100, 50, 300, 130]] as const, ['illi', [330, 60, 362, 115]] as const, ['Þing', [390, 40, 520, 130]] as const]
    const layout = layoutOf({ width: 600, height: 200 }, [{ words, baseline: [100, 115, 520, 115] }])
    const { bytes } = await makeSearchable([undefined], [layout])
    expect(wordsOf(bytes)[0]?.map(({ text }) => text)).toEqual(['Álgido', 'illi', 'Þing'])
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
