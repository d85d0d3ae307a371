import { type Box, compose, invert, mapBox, scaling } from '@imagedoc/core'
import type { PageGeometry } from './geometry.ts'
import type { PdfDocument } from './pdf-document.ts'
import { drawRegion } from './region.ts'

/** PDFium ignores the subtypes 2 (link) and 16 (popup) when it draws. */
const undrawn = new Set([2, 16])
/** Hidden, and not to be viewed (PDF 32000-1, 12.5.3). */
const hiddenFlags = 2 | 32
/** Pixels of the longer edge of the drawing that is compared: hairlines are one pixel wide at any density. */
const COMPARED = 512

/**
 * True when the page's annotations and form fields leave a mark. Many do not: signature fields without a size, empty fields, links. Whether those
 * that could do so is seen by drawing their part of the page with and without them.
 */
export function marksPage(document: PdfDocument, page: number, geometry: PageGeometry): boolean {
  const box = annotationsBox(document, page, geometry)
  if (box === undefined) return false
  const size = { box, longest: COMPARED }
  const without = drawRegion(document, page, { ...size, annotations: false })
  const within = drawRegion(document, page, { ...size, annotations: true })
  return !Buffer.from(without).equals(within)
}

/** What all that may be drawn covers, in shares of the page as shown. */
function annotationsBox({ runtime }: PdfDocument, page: number, geometry: PageGeometry): Box | undefined {
  const { api, heap } = runtime
  const userToUnit = compose(invert(geometry.unitToOriginal), geometry.userToOriginal) ?? scaling(1, 1)
  let all: Box | undefined
  for (let index = 0; index < api.FPDFPage_GetAnnotCount(page); index++) {
    const annotation = api.FPDFPage_GetAnnot(page, index)
    const shown = !undrawn.has(api.FPDFAnnot_GetSubtype(annotation)) && (api.FPDFAnnot_GetFlags(annotation) & hiddenFlags) === 0
    const placed = api.FPDFAnnot_GetRect(annotation, heap.scratch)
    // FS_RECTF: left, top, right, bottom
    const [left = 0, top = 0, right = 0, bottom = 0] = heap.floats(4)
    api.FPDFPage_CloseAnnot(annotation)
    if (!shown || !placed || left === right || top === bottom) continue
    const box = onPage(mapBox(userToUnit, [left, Math.min(top, bottom), right, Math.max(top, bottom)]))
    if (box) all = all ? [Math.min(all[0], box[0]), Math.min(all[1], box[1]), Math.max(all[2], box[2]), Math.max(all[3], box[3])] : box
  }
  return all
}

/** Appearances may stand out a little: borders, the icon of a note. */
const MARGIN = 0.01

function onPage([x0, y0, x1, y1]: Box): Box | undefined {
  const box: Box = [Math.max(0, x0 - MARGIN), Math.max(0, y0 - MARGIN), Math.min(1, x1 + MARGIN), Math.min(1, y1 + MARGIN)]
  return box[0] < box[2] && box[1] < box[3] ? box : undefined
}
