import type { PDFDocument } from '@cantoo/pdf-lib'
import { type ProfileStore, readProfile } from './colour-profile.ts'
import type { EmbeddedImage } from './embedded-image.ts'
import { encodeGroup4 } from './fax-encoder.ts'
import type { PdfLib } from './pdf-lib.ts'
import type { PngRows } from './png-chunks.ts'
import { twoValues } from './png-samples.ts'

/** Puts the compressed rows of a PNG into the document as they are; a page of two values as CCITT Group 4 where that is smaller. */
export async function embedPngRows(
  lib: PdfLib,
  document: PDFDocument,
  { rows, profiles }: { rows: PngRows; profiles: ProfileStore },
): Promise<EmbeddedImage> {
  const { context } = document
  const { width, height, bitDepth } = rows
  const bits = await twoValues(rows)
  const fax = bits && encodeGroup4({ width, height, data: bits })
  const isFax = fax !== undefined && fax.length < rows.data.length
  const dictionary = {
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    ColorSpace: colourSpace(lib, rows, profiles) as never,
    BitsPerComponent: isFax ? 1 : bitDepth,
    Filter: isFax ? 'CCITTFaxDecode' : 'FlateDecode',
    DecodeParms: isFax
      ? { K: -1, Columns: width, Rows: height, BlackIs1: false }
      : { Predictor: 15, Colors: rows.colourType === 'rgb' ? 3 : 1, BitsPerComponent: bitDepth, Columns: width },
  }
  const ref = context.register(context.stream(isFax ? fax : rows.data, dictionary))
  return { ref, width, height, cmyk: false }
}

function colourSpace({ PDFHexString }: PdfLib, { colourType, palette, profile }: PngRows, profiles: ProfileStore): unknown {
  const known = readProfile(profile)
  const components = colourType === 'grey' ? 1 : 3
  const base = known?.components === components ? [...profiles.space(known)] : components === 1 ? 'DeviceGray' : 'DeviceRGB'
  if (colourType !== 'indexed') return base
  return ['Indexed', base, palette.length / 3 - 1, PDFHexString.of(Buffer.from(palette).toString('hex'))]
}
