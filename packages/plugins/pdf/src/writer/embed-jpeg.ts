import type { PDFDocument } from '@cantoo/pdf-lib'
import { ImageDocError } from '@imagedoc/core'
import { type JpegHeader, readJpegHeader } from '../jpeg-header.ts'
import { type ProfileStore, readProfile } from './colour-profile.ts'
import type { EmbeddedImage } from './embedded-image.ts'

const deviceSpaces: Readonly<Record<number, string>> = { 1: 'DeviceGray', 3: 'DeviceRGB', 4: 'DeviceCMYK' }
/** Baseline, extended and progressive, with Huffman coding: what /DCTDecode reads (PDF 32000-1, 7.4.8). */
const dctFrames = new Set([0xc0, 0xc1, 0xc2])
const RED_GREEN_BLUE = '82,71,66'
const END_OF_IMAGE = Uint8Array.of(0xff, 0xd9)
/** Adobe's marker (Adobe technical note 5116), which says that the colours are as they are. */
const colourIsRgb = Uint8Array.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0])

/**
 * True for a JPEG that every reader of PDF shows as the codec does: a whole one, with the coding and depth that /DCTDecode has and no two
 * statements about its colours.
 */
export function isEmbeddableJpeg(bytes: Uint8Array): boolean {
  const header = readJpegHeader(bytes)
  if (header === undefined || !dctFrames.has(header.frame) || header.precision !== 8) return false
  if (deviceSpaces[header.components] === undefined || header.width === 0 || header.height === 0) return false
  // libjpeg believes JFIF, others Adobe.
  if (header.jfif && header.components === 3 && header.transform === 0) return false
  if (header.components === 4 && header.transform === 1) return false
  const profile = header.profile && readProfile(header.profile)
  if (header.profile !== undefined && profile === undefined) return false
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(END_OF_IMAGE) > 0
}

/** True for a JPEG in CMYK that names no profile, so that its colours depend on the device. */
export function isPlainCmyk(bytes: Uint8Array): boolean {
  const header = readJpegHeader(bytes)
  return header?.components === 4 && readProfile(header.profile)?.components !== 4
}

/** Puts a JPEG into the document as it is. @throws CORRUPT_INPUT */
export function embedJpeg(document: PDFDocument, bytes: Uint8Array, profiles: ProfileStore): EmbeddedImage {
  const header = readJpegHeader(bytes)
  const device = deviceSpaces[header?.components ?? 0]
  if (header === undefined || device === undefined || !dctFrames.has(header.frame) || header.precision !== 8)
    throw new ImageDocError(
      'CORRUPT_INPUT',
      'The JPEG of a page is damaged, or of a kind that PDF does not have. Make the page anew with image.encode.',
    )
  const { context } = document
  const { width, height, components } = header
  const profile = readProfile(header.profile)
  const matching = profile?.components === components ? profile : undefined
  const marked = isUnmarkedRgb(header)
  const dictionary = {
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    ColorSpace: matching ? [...profiles.space(matching)] : device,
    BitsPerComponent: 8,
    Filter: 'DCTDecode',
    // Of three components a reader takes YCbCr for granted (PDF 32000-1, table 13).
    ...((marked || (components === 3 && header.transform === 0)) && { DecodeParms: { ColorTransform: 0 } }),
    // Adobe's programs store CMYK inverted and say so by their marker only.
    ...(components === 4 && header.adobe && { Decode: [1, 0, 1, 0, 1, 0, 1, 0] }),
  }
  const stored = marked ? Buffer.concat([bytes.subarray(0, 2), colourIsRgb, bytes.subarray(2)]) : bytes
  return { ref: context.register(context.stream(stored, dictionary)), width, height, cmyk: components === 4 && !matching }
}

/** Red, green and blue by their identifiers alone: libjpeg reads these, readers of PDF do not all. */
function isUnmarkedRgb({ jfif, adobe, ids }: JpegHeader): boolean {
  return !jfif && !adobe && ids.join() === RED_GREEN_BLUE
}
