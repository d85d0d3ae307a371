import { isImageDocError } from '@imagedoc/core'
import { isBlank } from './page-objects.ts'
import type { PdfDocument } from './pdf-document.ts'

/** Pages that are looked at to compare two readings of a file. */
const COMPARED = 50

/** Whether another reading of the file may show more: its list of pages is empty or begins or ends nowhere, or there are more pages than it lists. */
export function isDoubtful(document: PdfDocument): boolean {
  const { pages, survey } = document
  if (pages === 0 || survey.unclosed || survey.pageObjects > pages) return true
  return !isThere(document, pages - 1) || !isThere(document, 0)
}

/** Whether the repaired document shows more. Pages that PDFium lists and cannot read stay where they are: their numbers must not shift. */
export function isBetter(repaired: PdfDocument, given: PdfDocument): boolean {
  if (repaired.pages > given.pages) return true
  if (repaired.pages < given.pages && isThere(given, given.pages - 1)) return false
  const shown = (document: PdfDocument): number => {
    let count = 0
    for (let index = 0; index < Math.min(COMPARED, repaired.pages, given.pages); index++) if (isDrawn(document, index)) count++
    return count
  }
  const [after, before] = [shown(repaired), shown(given)]
  // Fewer pages for the same content: the list was too long.
  return after > before || (after === before && after > 0 && repaired.pages < given.pages)
}

function isThere(document: PdfDocument, index: number): boolean {
  return looked(document, index, () => true)
}

function isDrawn(document: PdfDocument, index: number): boolean {
  return looked(document, index, (page) => !isBlank(document.runtime, page))
}

function looked(document: PdfDocument, index: number, look: (page: number) => boolean): boolean {
  try {
    return document.withPage(index, look)
  } catch (error) {
    if (isImageDocError(error) && error.code === 'CORRUPT_INPUT') return false
    throw error
  }
}
