import { type Encoded, type FileRule, isBilevel } from '@imagedoc/core'
import { readProfile } from './colour-profile.ts'
import { isEmbeddableJpeg, isPlainCmyk } from './embed-jpeg.ts'
import { readPngRows } from './png-chunks.ts'
import { isWhole } from './png-samples.ts'

/** How the pages' pictures are stored. */
export interface PageFileOptions {
  pictures: 'lossless' | 'jpeg'
  quality: number
  pdfA: boolean
}

/** Which image files go into the PDF byte by byte; the codec decodes the others, and pixels become PNG (in the PDF Flate or CCITT Group 4), or JPEG when asked for. */
export function pageFiles({ pictures, quality, pdfA }: PageFileOptions): FileRule {
  return {
    takes: ({ mediaType, bytes }: Encoded) => {
      if (mediaType === 'image/jpeg') return isEmbeddableJpeg(bytes) && !(pdfA && isPlainCmyk(bytes))
      return pictures === 'lossless' && isEmbeddablePng(bytes)
    },
    encodeAs: (pixels) =>
      pictures === 'jpeg' && !isBilevel(pixels) ? { mediaType: 'image/jpeg', options: { quality } } : { mediaType: 'image/png' },
  }
}

/** Rows that the document takes over as they are; alpha, interlacing and a damaged file are for the codec. */
function isEmbeddablePng(bytes: Uint8Array): boolean {
  try {
    const rows = readPngRows(bytes)
    return rows !== undefined && isWhole(rows) && (rows.profile === undefined || readProfile(rows.profile) !== undefined)
  } catch {
    // What is wrong with it, and whether a part can be read, is the codec's to say.
    return false
  }
}
