import { compose, type Diagnostic, type EncodedImage, type Limits, type Matrix, type OriginalSize, type Pixels } from '@imagedoc/core'
import type { PdfDocument } from './document.ts'
import { geometryOf, type PageGeometry, rasterToOriginal } from './geometry.ts'
import { assertDecodable, isBlank } from './page-objects.ts'
import { rasterSize, renderPage } from './raster.ts'
import { findScan } from './scan.ts'
import { readScan } from './scan-image.ts'
import { turnMatrix } from './turn.ts'

/** A page's image and where it lies in the document. */
export interface ReadPage {
  value: Pixels | EncodedImage
  /** To points from the top left of the unrotated CropBox, y down. */
  matrix: Matrix | null
  /** Of the page that the matrix leads to. */
  size: OriginalSize
  diagnostics: readonly Diagnostic[]
}

interface ReadOptions {
  dpi: number
  limits: Pick<Limits, 'pixels'>
}

/** Page `index` (from 0) as an image: its scan where it is one, drawn otherwise. @throws CORRUPT_INPUT, TOO_MANY_PIXELS, ENGINE_FAILED, MEMORY_LIMIT */
export function readPage(document: PdfDocument, index: number, { dpi, limits }: ReadOptions): ReadPage {
  const { runtime } = document
  return document.withPage(index, (page) => {
    const geometry = geometryOf(runtime, page)
    const scan = findScan(runtime, page, { geometry, limits })
    const stored = scan && readScan(runtime, page, { scan, dictionaryOf: document.dictionaryOf })
    if (scan && stored?.value) {
      const matrix = compose(scan.toOriginal, turnMatrix(scan.turn, scan))
      return { value: stored.value, matrix, size: geometry.original, diagnostics: stored.diagnostics ?? [] }
    }
    assertDecodable(runtime, page, limits)
    const drawn = drawPage(document, page, { geometry, dpi: stored?.density ?? dpi, limits })
    return { ...drawn, diagnostics: [...drawn.diagnostics, ...lostContent(document, page, index)] }
  })
}

function drawPage(document: PdfDocument, page: number, { geometry, dpi, limits }: ReadOptions & { geometry: PageGeometry }): ReadPage {
  const size = rasterSize(geometry, dpi, limits)
  const value = renderPage(document, page, size)
  const diagnostics: Diagnostic[] = size.reduced
    ? [
        {
          code: 'PAGE_TOO_LARGE',
          severity: 'warning',
          message: `The page is ${Math.round(geometry.width / 72)} x ${Math.round(geometry.height / 72)} inches; it was drawn at ${size.density} instead of ${dpi} dots per inch to stay within ${limits.pixels} pixels.`,
          details: { wanted: dpi, used: size.density },
        },
      ]
    : []
  return { value, matrix: rasterToOriginal(geometry, value), size: geometry.original, diagnostics }
}

/** Repairing a file that was cut off leaves its last pages empty without a word. */
function lostContent({ repaired, runtime }: PdfDocument, page: number, index: number): Diagnostic[] {
  if (!repaired || !isBlank(runtime, page)) return []
  return [
    {
      code: 'PAGE_BLANK',
      severity: 'warning',
      message: `Page ${index + 1} is blank; the PDF was damaged, and its content may be lost.`,
      details: { page: index + 1 },
    },
  ]
}
