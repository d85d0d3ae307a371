import type { PDFDocument, PDFRef } from '@cantoo/pdf-lib'
import { type Codes, toUnicodeMap } from './codes.ts'
import { ADVANCE, glyphlessTrueType, UNITS_PER_EM } from './glyphless-true-type.ts'
import type { PdfLib } from './pdf-lib.ts'

/** The width of one character as a share of the font's size. */
export const CHARACTER_WIDTH = ADVANCE / UNITS_PER_EM

/** How far the characters of a font reach above and below the base line, in 1/1000 of its size: readers take a word's box from it. */
export interface Reach {
  ascent: number
  descent: number
}

/** The fonts of one document's text layer. */
export interface GlyphlessFonts {
  /** The font whose characters have this reach: its name for a page's resources, and the object. */
  variant(reach: Reach): { name: string; ref: PDFRef }
  /** Writes what the variants share; called once, when every text has its codes. */
  finish(): void
}

const NAME = 'ImageDocGlyphless'

/**
 * Fonts without any visible glyph: every two-byte code is one blank of half an em and means the Unicode that `codes` says. What tesseract
 * and OCRmyPDF do, with a font of our own; but in variants that differ in nothing but their reach, so that the words of a line share one
 * size and base line, by which readers put lines together, and still have each its own height. @see PDF 32000-1, 9.7 (composite fonts)
 */
export function createGlyphlessFonts({ PDFString }: PdfLib, { context }: PDFDocument, codes: Codes): GlyphlessFonts {
  const [file, glyphs, toUnicode] = [context.nextRef(), context.nextRef(), context.nextRef()]
  const variants = new Map<string, { name: string; ref: PDFRef }>()
  const create = ({ ascent, descent }: Reach): PDFRef => {
    const box = { FontBBox: [0, -descent, ADVANCE, ascent], Ascent: ascent, Descent: -descent, CapHeight: ascent }
    const descriptor = context.register(
      context.obj({ Type: 'FontDescriptor', FontName: NAME, Flags: 5, ...box, ItalicAngle: 0, StemV: 80, FontFile2: file }),
    )
    const system = { Registry: PDFString.of('Adobe'), Ordering: PDFString.of('Identity'), Supplement: 0 }
    const descendant = {
      Type: 'Font',
      Subtype: 'CIDFontType2',
      BaseFont: NAME,
      CIDSystemInfo: system,
      FontDescriptor: descriptor,
      DW: ADVANCE,
      CIDToGIDMap: glyphs,
    }
    const font = {
      Type: 'Font',
      Subtype: 'Type0',
      BaseFont: NAME,
      Encoding: 'Identity-H',
      DescendantFonts: [context.register(context.obj(descendant))],
      ToUnicode: toUnicode,
    }
    return context.register(context.obj(font))
  }
  return {
    variant(reach) {
      const key = `T${reach.ascent}-${reach.descent}`
      const known = variants.get(key)
      if (known !== undefined) return known
      const made = { name: key, ref: create(reach) }
      variants.set(key, made)
      return made
    },
    finish() {
      if (variants.size === 0) return
      const bytes = glyphlessTrueType()
      context.assign(file, context.flateStream(bytes, { Length1: bytes.length }))
      // All codes use glyph 1: glyph 0 is .notdef, which PDF/A forbids to show.
      const highest = Math.max(...codes.used.keys())
      context.assign(glyphs, context.flateStream(new Uint8Array(2 * (highest + 1)).map((_, index) => index % 2)))
      context.assign(toUnicode, context.flateStream(toUnicodeMap(codes)))
    },
  }
}
