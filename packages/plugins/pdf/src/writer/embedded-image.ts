import type { PDFRef } from '@cantoo/pdf-lib'

/** An image in the document, and the pixels it has. */
export interface EmbeddedImage {
  ref: PDFRef
  width: number
  height: number
  /** Its samples are CMYK without a profile. */
  cmyk: boolean
}
