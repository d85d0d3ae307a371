import type { Diagnostic } from '@imagedoc/core'
import type { Runtime } from './heap.ts'
import { visitVisible } from './page-objects.ts'
import type { PdfDocument } from './pdf-document.ts'

/** Fonts that are named in a message. */
const NAMED = 5
const invisibleMode = 3
/** Any size will do: what counts is whether there is an outline. */
const SIZE = 10

/** Letters of fonts that the document does not bring. */
interface Lost {
  /** They have no outline in any packaged face: nothing was drawn. */
  missing: number
  /** Which letters they are is not said anywhere: those that were drawn are a guess. */
  unknown: number
  readonly fonts: Set<string>
}

/**
 * Letters that were not drawn, or by guess, because the document does not bring their font. Nothing is asked of pages whose fonts are all embedded.
 * Of text in forms and notes nothing is known.
 */
export function missingGlyphs({ runtime }: PdfDocument, page: number, index: number): Diagnostic[] {
  if (!hasForeignFont(runtime, page)) return []
  const { missing, unknown, fonts } = lostLetters(runtime, page)
  if (missing + unknown === 0) return []
  const names = [...fonts].slice(0, NAMED).join(', ')
  const what = [
    missing > 0 ? `${missing} letters are missing` : '',
    unknown > 0 ? `${unknown} letters may be others, because the PDF does not say which they are` : '',
  ]
  return [
    {
      code: 'GLYPHS_MISSING',
      severity: 'warning',
      message: `On page ${index + 1} ${what.filter(Boolean).join('; ')}: the PDF does not bring the fonts it names (${names}), and no packaged face has these letters. Make the PDF anew with its fonts embedded.`,
      details: { page: index + 1, missing, unknown, fonts: [...fonts] },
    },
  ]
}

function hasForeignFont(runtime: Runtime, page: number): boolean {
  const known = new Map<number, boolean>()
  let found = false
  visitVisible(runtime, page, ({ text }) => {
    const font = text === undefined ? 0 : runtime.api.FPDFTextObj_GetFont(text)
    if (font !== 0 && !known.has(font)) known.set(font, runtime.api.FPDFFont_GetIsEmbedded(font) === 0)
    found ||= known.get(font) ?? false
    return !found
  })
  return found
}

function lostLetters(runtime: Runtime, page: number): Lost {
  const { api } = runtime
  const lost: Lost = { missing: 0, unknown: 0, fonts: new Set() }
  const outlines = new Map<string, boolean>()
  const text = api.FPDFText_LoadPage(page)
  if (text === 0) return lost
  try {
    for (let index = 0, count = api.FPDFText_CountChars(text); index < count; index++) {
      const font = foreignFontOf(runtime, text, index)
      if (font === undefined) continue
      const letter = api.FPDFText_GetUnicode(text, index)
      if (api.FPDFText_HasUnicodeMapError(text, index) === 1 || isSign(fontName(runtime, font), letter)) lost.unknown++
      else if (!isInvisible(letter) && !hasOutline(runtime, outlines, { font, letter })) lost.missing++
      else continue
      lost.fonts.add(fontName(runtime, font))
    }
  } finally {
    api.FPDFText_ClosePage(text)
  }
  return lost
}

/** The font of a visible letter, when the document does not bring it. */
function foreignFontOf({ api }: Runtime, text: number, index: number): number | undefined {
  // Spaces and line ends that PDFium adds between pieces of text.
  if (api.FPDFText_IsGenerated(text, index) === 1) return undefined
  const object = api.FPDFText_GetTextObject(text, index)
  if (object === 0 || api.FPDFTextObj_GetTextRenderMode(object) === invisibleMode) return undefined
  const font = api.FPDFTextObj_GetFont(object)
  return font !== 0 && api.FPDFFont_GetIsEmbedded(font) === 0 ? font : undefined
}

/** Fonts of signs: a Latin letter that PDFium reads in them is the code of a sign, for which it draws the letter. */
const signFonts = /^(\w+\+)?(symbol|wingdings|webdings|marlett|bookshelf)/i
const isSign = (name: string, letter: number): boolean =>
  letter < 0x100 && signFonts.test(name) && /^\p{L}$/u.test(String.fromCharCode(letter))

/** Spaces, controls, marks of direction, soft hyphens. */
const isInvisible = (letter: number): boolean => letter === 0 || /^[\p{Z}\p{C}]$/u.test(String.fromCodePoint(Math.min(letter, 0x10ffff)))

function hasOutline({ api }: Runtime, known: Map<string, boolean>, { font, letter }: { font: number; letter: number }): boolean {
  const key = `${font} ${letter}`
  const before = known.get(key)
  if (before !== undefined) return before
  const path = api.FPDFFont_GetGlyphPath(font, letter, SIZE)
  const has = path !== 0 && api.FPDFGlyphPath_CountGlyphSegments(path) > 0
  known.set(key, has)
  return has
}

function fontName({ api, heap }: Runtime, font: number): string {
  api.FPDFFont_GetBaseFontName(font, heap.scratch, 64)
  return heap.text() || 'without a name'
}
