import {
  compose,
  type Diagnostic,
  type EncodedImage,
  isPixels,
  type Limits,
  type Matrix,
  type OriginalSize,
  type Pixels,
} from '@imagedoc/core'
import { marksPage } from './annotations.ts'
import { geometryOf, type PageGeometry, rasterToOriginal } from './geometry.ts'
import { missingGlyphs } from './glyphs.ts'
import type { Runtime } from './heap.ts'
import { type Damage, damagedImages } from './image-damage.ts'
import { looksLike } from './likeness.ts'
import { densityFor } from './page-density.ts'
import { assertDecodable, isBlank } from './page-objects.ts'
import type { PdfDocument } from './pdf-document.ts'
import { rasterSize, renderPage } from './raster.ts'
import { findScan, type Scan } from './scan.ts'
import { readScan, type StoredScan, uprightPixels } from './scan-image.ts'
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
    const geometry = geometryOf(runtime, page, document.userUnitOf(page))
    assertDecodable(runtime, page, limits)
    const scan = findScan(runtime, page, { geometry, limits })
    const damage = damagedImages(document, page, { index, geometry })
    const stored = scan && storedScan(document, page, { scan, geometry })
    if (scan && stored?.value) {
      const diagnostics = [...(stored.diagnostics ?? []), ...damage.diagnostics]
      return {
        value: wholeFile(runtime, scan, { value: stored.value, damage }),
        matrix: compose(scan.toOriginal, turnMatrix(scan.turn, scan)),
        size: geometry.original,
        diagnostics,
      }
    }
    const drawn = drawPage(document, page, { geometry, dpi: stored?.density ?? densityFor(runtime, page, { geometry, dpi }), limits })
    const diagnostics = [
      ...drawn.diagnostics,
      ...damage.diagnostics,
      ...missingGlyphs(document, page, index),
      ...lostContent(document, page, index),
    ]
    return { ...drawn, diagnostics }
  })
}

/** What is stored of a scan, without its image where the page shows something else. */
function storedScan(document: PdfDocument, page: number, { scan, geometry }: { scan: Scan; geometry: PageGeometry }): StoredScan {
  const { runtime } = document
  if (marksPage(document, page, geometry)) return {}
  const stored = readScan(runtime, page, { scan, dictionaryOf: document.dictionaryOf })
  if (stored.value === undefined || !(stored.doubtful || document.survey.transfers)) return stored
  const pixels = isPixels(stored.value) ? stored.value : uprightPixels(runtime, scan)
  return pixels && looksLike(document, page, { geometry, scan, pixels }) ? stored : {}
}

/** A JPEG that ends early is decoded here, as PDFium shows it: other decoders refuse it. */
function wholeFile(
  runtime: Runtime,
  scan: Scan,
  { value, damage }: { value: Pixels | EncodedImage; damage: Damage },
): Pixels | EncodedImage {
  return !damage.cut || isPixels(value) ? value : (uprightPixels(runtime, scan) ?? value)
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

/** Repairing a file that was cut off leaves its last pages empty without a word; so does PDFium where objects are not closed. */
function lostContent({ repaired, survey, runtime }: PdfDocument, page: number, index: number): Diagnostic[] {
  if (!(repaired || survey.unclosed) || !isBlank(runtime, page)) return []
  return [
    {
      code: 'PAGE_BLANK',
      severity: 'warning',
      message: `Page ${index + 1} is blank; the PDF was damaged, and its content may be lost.`,
      details: { page: index + 1 },
    },
  ]
}
