import { ImageDocError, type Limits, type Pixels, raiseLimit } from '@imagedoc/core'
import type { PageGeometry } from './geometry.ts'
import { createPacker } from './packer.ts'
import type { PdfDocument } from './pdf-document.ts'

/** The grid that a page is drawn on. */
export interface RasterSize {
  width: number
  height: number
  /** Dots per inch, lower than what was asked for when `reduced`. */
  density: number
  reduced: boolean
}

/** JPEG and most engines count an edge in 16 bits. */
const LONGEST_EDGE = 65_500
/** PDFium's buffer for one band: its memory never shrinks again, so a large page is drawn in several. */
const BAND_PIXELS = 16_000_000
const bitmapBgrx = 3
const drawAnnotations = 0x01
/** Colour below this is noise of the conversion to sRGB: black of CMYK comes out as (35, 31, 32). */
const GREY_TOLERANCE = 4

/** Below this a page of any use has no readable letter: 14,400 points, the largest page that PDF 1.7 knows, have 327 within the longest edge. */
const LOWEST_DENSITY = 1

/**
 * The grid for `dpi`, made coarser where it would pass the limit on pixels.
 * @throws TOO_MANY_PIXELS for a page that is so large that less than a dot per inch would be left
 */
export function rasterSize(page: Pick<PageGeometry, 'width' | 'height'>, dpi: number, limits: Pick<Limits, 'pixels'>): RasterSize {
  const at = (density: number): { width: number; height: number } => ({
    width: Math.max(1, Math.round((page.width * density) / 72)),
    height: Math.max(1, Math.round((page.height * density) / 72)),
  })
  const wanted = at(dpi)
  if (wanted.width * wanted.height <= limits.pixels && Math.max(wanted.width, wanted.height) <= LONGEST_EDGE) {
    return { ...wanted, density: dpi, reduced: false }
  }
  const byArea = Math.sqrt((limits.pixels * 72 * 72) / (page.width * page.height))
  const byEdge = (LONGEST_EDGE * 72) / Math.max(page.width, page.height)
  // A hair lower, so that rounding up both edges stays below the limit.
  const density = Math.floor(Math.min(dpi, byArea, byEdge) * 0.999 * 100) / 100
  if (!(density >= LOWEST_DENSITY)) throw tooLarge(page, limits)
  return { ...at(density), density, reduced: true }
}

function tooLarge({ width, height }: Pick<PageGeometry, 'width' | 'height'>, limits: Pick<Limits, 'pixels'>): ImageDocError {
  const size = `${Math.round(width / 72)} x ${Math.round(height / 72)} inches`
  return new ImageDocError(
    'TOO_MANY_PIXELS',
    `The page is ${size}; with the limit of ${limits.pixels} pixels not even a dot per inch can be drawn. Correct the page's /MediaBox, leave the page out in "pages", or ${raiseLimit('pixels')}.`,
    { details: { width, height } },
  )
}

/** Draws a page with its annotations and form fields on white. A page without colour comes out as one channel. */
export function renderPage(
  { runtime, form }: Pick<PdfDocument, 'runtime' | 'form'>,
  page: number,
  { width, height, density }: RasterSize,
): Pixels {
  const { api, heap } = runtime
  const rows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)))
  const buffer = heap.allocate(width * rows * 4)
  const packer = createPacker({ width, height, tolerance: GREY_TOLERANCE })
  try {
    for (let top = 0; top < height; top += rows) {
      const count = Math.min(rows, height - top)
      const bitmap = api.FPDFBitmap_CreateEx(width, count, bitmapBgrx, buffer, width * 4)
      api.FPDFBitmap_FillRect(bitmap, 0, 0, width, count, 0xffffffff)
      api.FPDF_RenderPageBitmap(bitmap, page, 0, -top, width, height, 0, drawAnnotations)
      form.draw(page, bitmap, { top, width, height })
      api.FPDFBitmap_Destroy(bitmap)
      packer.add(heap.view(buffer, width * count * 4), { bytesPerPixel: 4, stride: width * 4, rows: count })
    }
  } finally {
    heap.free(buffer)
  }
  return { width, height, density, ...packer.finish() }
}
