import { PDFHexString, PDFName } from '@cantoo/pdf-lib'
import { type Pixels, pageItemExtra } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { faceFor } from '../src/pdfium/fonts.ts'
import { addText, document } from './support/documents.ts'
import { brightness, takePages } from './support/run.ts'

/** A page of one line in a font that is named and not there. */
const lineIn = (font: Record<string, unknown>, codes: string): Promise<Uint8Array> =>
  document((made) => {
    const { context } = made
    const page = made.addPage([300, 60])
    page.node.setFontDictionary(PDFName.of('F'), context.register(context.obj(font as never)))
    page.node.addContentStream(context.register(context.stream(`BT /F 24 Tf 20 20 Td <${codes}> Tj ET`)))
  })

const simple = (base: string, differences: readonly string[]): Record<string, unknown> => ({
  Type: 'Font',
  Subtype: 'TrueType',
  BaseFont: base,
  FirstChar: 192,
  LastChar: 191 + differences.length,
  Widths: differences.map(() => 600),
  Encoding: { Type: 'Encoding', Differences: [192, ...differences] },
  FontDescriptor: { Type: 'FontDescriptor', FontName: base, Flags: 32, FontBBox: [0, -200, 1000, 900], ItalicAngle: 0, StemV: 80 },
})

const composite = (base: string, encoding: string, ordering: string): Record<string, unknown> => ({
  Type: 'Font',
  Subtype: 'Type0',
  BaseFont: base,
  Encoding: encoding,
  DescendantFonts: [
    {
      Type: 'Font',
      Subtype: 'CIDFontType2',
      BaseFont: base,
      CIDSystemInfo: { Registry: PDFHexString.of('41646f6265'), Ordering: PDFHexString.fromText(ordering), Supplement: 0 },
      FontDescriptor: { Type: 'FontDescriptor', FontName: base, Flags: 4, FontBBox: [0, -200, 1000, 900], ItalicAngle: 0, StemV: 80 },
    },
  ],
})

async function firstPage(bytes: Uint8Array): Promise<{ page: Pixels; diagnostics: readonly { code: string; details?: unknown }[] }> {
  const page = (await (await takePages(bytes, { dpi: 72 })).output.at(0)) as Pixels
  return { page, diagnostics: pageItemExtra(page).diagnostics ?? [] }
}

describe('letters of fonts that a document does not bring', () => {
  it.each([
    ['Greek', 'Arial', ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta']],
    ['Cyrillic', 'TimesNewRoman', ['afii10017', 'afii10018', 'afii10019', 'afii10020', 'afii10021', 'afii10022']],
    ['Polish', 'CourierNew', ['aogonek', 'cacute', 'eogonek', 'lslash', 'nacute', 'sacute']],
  ])('draws %s letters with a packaged face', async (_name, base, names) => {
    const { page, diagnostics } = await firstPage(await lineIn(simple(base, names), 'C0C1C2C3C4C5'))
    // 255 is blank.
    const ink = brightness(page, [0.07, 0.3, 0.35, 0.75])
    expect(ink).toBeLessThan(240)
    expect(ink).toBeGreaterThan(150)
    expect(diagnostics).toEqual([])
  })

  it('says which letters are missing when no packaged face has them', async () => {
    const { diagnostics } = await firstPage(await lineIn(composite('STSong-Light', 'UniGB-UCS2-H', 'GB1'), '4E2D65874EF6'))
    expect(diagnostics).toMatchObject([{ code: 'GLYPHS_MISSING', details: { page: 1, missing: 3, unknown: 0, fonts: ['STSong-Light'] } }])
  })

  it('says that letters are a guess when nothing tells which they are', async () => {
    const { diagnostics } = await firstPage(await lineIn(composite('SomeFont', 'Identity-H', 'Identity'), '002400250026'))
    expect(diagnostics).toMatchObject([{ code: 'GLYPHS_MISSING', details: { unknown: 3, fonts: ['SomeFont'] } }])
  })

  it.each(['SymbolMT', 'Wingdings-Regular'])('says that %s was drawn with letters instead of its signs', async (base) => {
    const font = { ...simple(base, ['a', 'b', 'c']), FontDescriptor: { Type: 'FontDescriptor', FontName: base, Flags: 4, StemV: 80 } }
    const { diagnostics } = await firstPage(await lineIn(font, 'C0C1C2'))
    expect(diagnostics).toMatchObject([{ code: 'GLYPHS_MISSING', details: { unknown: 3, fonts: [base] } }])
  })

  it('has nothing to say of the signs that PDFium brings', async () => {
    const symbol = { Type: 'Font', Subtype: 'Type1', BaseFont: 'Symbol' }
    expect((await firstPage(await lineIn(symbol, '6162633132'))).diagnostics).toEqual([])
    expect((await firstPage(await lineIn({ ...symbol, BaseFont: 'ZapfDingbats' }, '6162633132'))).diagnostics).toEqual([])
  })

  it('has nothing to say of text in the standard fonts', async () => {
    const { page, diagnostics } = await firstPage(await document(async (made) => void (await addText(made, 'Olá, “mundo” ß ©'))))
    expect(diagnostics).toEqual([])
    expect(brightness(page, [0.1, 0.1, 0.5, 0.2])).toBeLessThan(245)
  })
})

describe('the face that stands in', () => {
  const asked = { weight: 400, italic: false, pitchFamily: 0, charset: 0 }
  it.each([
    [{ ...asked, name: 'Helvetica' }, 'Arimo_400Regular'],
    [{ ...asked, name: 'Times-Roman', weight: 700 }, 'Tinos_700Bold'],
    [{ ...asked, name: 'CourierNew', italic: true }, 'Cousine_400Regular_Italic'],
    [{ ...asked, name: 'Unheard', pitchFamily: 16 }, 'Tinos_400Regular'],
    [{ ...asked, name: 'Unheard-BoldOblique', pitchFamily: 1 }, 'Cousine_700Bold_Italic'],
    [{ ...asked, name: 'MSSansSerif', pitchFamily: 16 }, 'Arimo_400Regular'],
  ])('follows name, weight, slant and family: %o', (request, face) => {
    expect(faceFor(request)?.split('/').at(-1)).toBe(face)
  })

  it('is none for Chinese, Japanese and Korean', () => {
    expect(faceFor({ ...asked, name: 'SimSun', charset: 134 })).toBeUndefined()
  })
})
