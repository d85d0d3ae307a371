import type { Box } from '@imagedoc/core'
import type { PdfDocument } from './pdf-document.ts'

/** A part of a page, drawn small to be compared. */
export interface Region {
  /** In shares of the page as shown: left, top, right, bottom. */
  readonly box: Box
  /** Pixels of its longer edge. */
  readonly longest: number
  readonly annotations: boolean
  /** Drawn on nothing instead of on white: the fourth byte of a pixel tells how much of it was painted. */
  readonly transparent?: boolean
}

const bitmapBgrx = 3
const bitmapBgra = 4
const drawAnnotations = 0x01
const white = 0xffffffff

/** The pixels' size of a region. */
export function regionSize({ runtime }: PdfDocument, page: number, { box, longest }: Pick<Region, 'box' | 'longest'>) {
  const { api } = runtime
  const [width, height] = [api.FPDF_GetPageWidthF(page) * (box[2] - box[0]), api.FPDF_GetPageHeightF(page) * (box[3] - box[1])]
  const scale = longest / Math.max(width, height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Draws it: four bytes a pixel (blue, green, red, alpha or nothing), rows without gaps. */
export function drawRegion(document: PdfDocument, page: number, region: Region): Uint8Array {
  const { api, heap } = document.runtime
  const { width, height } = regionSize(document, page, region)
  const [x0, y0, x1, y1] = region.box
  const whole = { width: Math.round(width / (x1 - x0)), height: Math.round(height / (y1 - y0)) }
  const [left, top] = [Math.round(x0 * whole.width), Math.round(y0 * whole.height)]
  const pointer = heap.allocate(width * height * 4)
  try {
    const bitmap = api.FPDFBitmap_CreateEx(width, height, region.transparent ? bitmapBgra : bitmapBgrx, pointer, width * 4)
    api.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, region.transparent ? 0 : white)
    const flags = region.annotations ? drawAnnotations : 0
    api.FPDF_RenderPageBitmap(bitmap, page, -left, -top, whole.width, whole.height, 0, flags)
    if (region.annotations) document.form.draw(page, bitmap, { left, top, ...whole })
    api.FPDFBitmap_Destroy(bitmap)
    return heap.copyOut(pointer, width * height * 4)
  } finally {
    heap.free(pointer)
  }
}
