import type { PDFDocument, PDFRef } from '@cantoo/pdf-lib'
import { type Codes, toUnicodeMap } from './codes.ts'
import { ADVANCE, glyphlessTrueType, UNITS_PER_EM } from './glyphless-true-type.ts'
import type { PdfLib } from './pdf-lib.ts'

/** Share of the em above and below the base line: readers take a word's box from it. */
export const ASCENT = 1
export const DESCENT = 0

/** The width of one character as a share of the font's size. */
export const CHARACTER_WIDTH = ADVANCE / UNITS_PER_EM

const NAME = 'ImageDocGlyphless'

/**
 * Puts a font without any visible glyph into the document as `ref`: every two-byte code is one blank of half an em and means the Unicode that
 * `codes` says. What tesseract and OCRmyPDF do, with a font of our own. @see PDF 32000-1, 9.7 (composite fonts)
 */
export function embedGlyphlessFont(
  { PDFString }: PdfLib,
  { document, ref, codes }: { document: PDFDocument; ref: PDFRef; codes: Codes },
): void {
  const { context } = document
  const file = glyphlessTrueType()
  const fontFile = context.register(context.flateStream(file, { Length1: file.length }))
  // All codes use glyph 1: glyph 0 is .notdef, which PDF/A forbids to show.
  const glyphs = new Uint8Array(2 * 65_536).map((_, index) => index % 2)
  const descriptor = context.register(
    context.obj({
      Type: 'FontDescriptor',
      FontName: NAME,
      Flags: 5,
      FontBBox: [0, 0, ADVANCE, UNITS_PER_EM],
      ItalicAngle: 0,
      Ascent: ASCENT * UNITS_PER_EM,
      Descent: -1,
      CapHeight: UNITS_PER_EM,
      StemV: 80,
      FontFile2: fontFile,
    }),
  )
  const descendant = context.register(
    context.obj({
      Type: 'Font',
      Subtype: 'CIDFontType2',
      BaseFont: NAME,
      CIDSystemInfo: { Registry: PDFString.of('Adobe'), Ordering: PDFString.of('Identity'), Supplement: 0 },
      FontDescriptor: descriptor,
      DW: ADVANCE,
      CIDToGIDMap: context.register(context.flateStream(glyphs)),
    }),
  )
  const toUnicode = context.register(context.flateStream(toUnicodeMap(codes)))
  context.assign(
    ref,
    context.obj({
      Type: 'Font',
      Subtype: 'Type0',
      BaseFont: NAME,
      Encoding: 'Identity-H',
      DescendantFonts: [descendant],
      ToUnicode: toUnicode,
    }),
  )
}
