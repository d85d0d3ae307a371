import type { PDFDocument } from '@cantoo/pdf-lib'
import type { EncodedImage } from '@imagedoc/core'
import type { ProfileStore } from './colour-profile.ts'
import { embedJpeg } from './embed-jpeg.ts'
import { embedPngRows } from './embed-png.ts'
import type { EmbeddedImage } from './embedded-image.ts'
import type { PdfLib } from './pdf-lib.ts'
import { readPngRows } from './png-chunks.ts'

/**
 * Puts an image file into the document: a JPEG as it is, a PNG's compressed rows as they are (pdf-lib would decode them, widen grey to
 * RGB and compress again, 0.8 s a page), both with their colour profile; only a PNG with alpha or interlacing is made anew.
 * @throws CORRUPT_INPUT
 */
export async function embedImage(
  lib: PdfLib,
  document: PDFDocument,
  { image, profiles }: { image: EncodedImage; profiles: ProfileStore },
): Promise<EmbeddedImage> {
  if (image.bytes[0] === 0xff) return embedJpeg(document, image.bytes, profiles)
  const rows = readPngRows(image.bytes)
  if (rows !== undefined) return embedPngRows(lib, document, { rows, profiles })
  const made = await document.embedPng(image.bytes)
  await made.embed()
  return { ref: made.ref, width: made.width, height: made.height, cmyk: false }
}
