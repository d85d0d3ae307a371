import { createLayout, parseLayout } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { parseHocr } from '../src/hocr.ts'

const page = { width: 800, height: 600 }
const word = (attributes: string, text: string): string => `<span class='ocrx_word' id='w' title='${attributes}'>${text}</span>`
const body = (inner: string): string =>
  `<html><head><title>bbox 1 1 9 9</title></head><body><div class='ocr_page' title='image "x"; bbox 0 0 800 600'>${inner}</div></body></html>`
const paragraph = (line: string): string =>
  `<div class='ocr_carea' title="bbox 10 20 210 60"><p class='ocr_par' lang='por' title="bbox 10 20 210 60">${line}</p></div>`
/** The words of the first line. */
const wordsOf = (hocr: string) => {
  const [block] = parseHocr(hocr, page)
  return block?.kind === 'paragraph' || block?.kind === 'heading' ? (block.lines[0]?.words ?? []) : []
}

describe('parseHocr', () => {
  it('gives boxes, confidence, language and the baseline from its first to its last point', () => {
    const line = `<span class='ocr_line' title="bbox 10 20 210 60; baseline 0.01 -8; x_size 40">${word('bbox 10 21 90 58; x_wconf 93', 'Olá,')} ${word('bbox 100 22 210 60; x_wconf 41', 'mundo')}</span>`
    const blocks = parseHocr(body(paragraph(line)), page)
    expect(blocks).toEqual([
      {
        kind: 'paragraph',
        box: [10, 20, 210, 60],
        language: 'por',
        lines: [
          {
            box: [10, 20, 210, 60],
            baseline: [10, 52, 210, 54],
            words: [
              { text: 'Olá,', box: [10, 21, 90, 58], confidence: 0.93 },
              { text: 'mundo', box: [100, 22, 210, 60], confidence: 0.41 },
            ],
          },
        ],
      },
    ])
    expect(parseLayout(createLayout({ ...page, density: null, blocks })).blocks).toMatchObject(blocks)
  })

  it('reads a page without a head, as the WebAssembly build writes it', () => {
    const line = `<span class='ocr_header' title="bbox 1 1 9 9; baseline 0 0">${word('bbox 1 1 9 9; x_wconf 50', 'A')}</span>`
    expect(wordsOf(`  <div class='ocr_page' title='bbox 0 0 800 600'>${paragraph(line)}</div>`)).toMatchObject([{ text: 'A' }])
  })

  it('decodes entities and looks into emphasis', () => {
    const line = `<span class='ocr_line' title="bbox 1 1 99 9">${word('bbox 1 1 9 9; x_wconf 50', '<strong>R&amp;D</strong>')} ${word('bbox 11 1 19 9; x_wconf 50', '&lt;&#39;&#x201C;&quot;')}</span>`
    expect(wordsOf(body(paragraph(line)))).toMatchObject([{ text: 'R&D', style: { bold: true } }, { text: `<'\u201c"` }])
  })

  it('takes the language of a word before that of its paragraph', () => {
    const foreign = `<span class='ocrx_word' title='bbox 1 1 9 9; x_wconf 50' lang='eng'>the</span>`
    const line = `<span class='ocr_line' title="bbox 1 1 99 9">${foreign} ${word('bbox 11 1 19 9; x_wconf 50', 'casa')}</span>`
    expect(parseHocr(body(paragraph(line)), page)).toMatchObject([{ language: 'por' }])
    expect(wordsOf(body(paragraph(line))).map(({ language }) => language)).toEqual(['eng', undefined])
  })

  it('keeps pictures and rules, and drops blank words with what held nothing else', () => {
    const blank = `<span class='ocr_line' title="bbox 1 1 99 9">${word('bbox 1 1 99 9; x_wconf 95', ' ')}</span>`
    const picture = `<div class='ocr_photo' title="bbox 30 30 90 90"></div><div class='ocr_separator' title='bbox 0 100 800 103'></div>`
    expect(parseHocr(body(paragraph(blank) + picture), page)).toEqual([
      { kind: 'picture', box: [30, 30, 90, 90], lines: [] },
      { kind: 'separator', box: [0, 100, 800, 103] },
    ])
  })

  it('cuts boxes to the page', () => {
    const blocks = parseHocr(
      body(`<div class='ocr_photo' title="bbox -2 -1 801 300"></div><div class='ocr_photo' title="bbox 800 0 801 9"></div>`),
      page,
    )
    expect(blocks).toEqual([{ kind: 'picture', box: [0, 0, 800, 300], lines: [] }])
  })

  it.each([
    ['ocr_header', 'heading'],
    ['ocr_caption', 'caption'],
    ['ocr_textfloat', 'paragraph'],
    ['ocr_line', 'paragraph'],
  ])('takes a paragraph of %s for a %s', (name, kind) => {
    const line = `<span class='${name}' title="bbox 1 1 9 9">${word('bbox 1 1 9 9; x_wconf 50', 'A')}</span>`
    expect(parseHocr(body(paragraph(line + line)), page)).toMatchObject([{ kind }])
    const mixed = `${line}<span class='ocr_line' title="bbox 1 1 9 9">${word('bbox 1 1 9 9; x_wconf 50', 'B')}</span>`
    expect(parseHocr(body(paragraph(mixed)), page)).toMatchObject([{ kind: 'paragraph' }])
  })

  it('keeps the direction of paragraphs and words, and how far a line is turned', () => {
    const latin = `<span class='ocrx_word' title='bbox 1 1 9 9; x_wconf 50' dir='ltr'>a</span>`
    const lines = [270, 90, 180].map((angle) => `<span class='ocr_line' title="bbox 1 1 9 9; textangle ${angle}">${latin}</span>`)
    const hocr = body(paragraph(lines.join('')).replace("lang='por'", "dir='rtl'"))
    expect(parseHocr(hocr, page)).toMatchObject([{ direction: 'rtl', lines: [{ angle: 90 }, { angle: -90 }, { angle: 180 }] }])
    expect(wordsOf(hocr)).toMatchObject([{ direction: 'ltr' }])
  })
})
