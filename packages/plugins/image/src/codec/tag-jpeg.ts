import { startsWith } from './exif.ts'
import { hasFields, writeExif } from './exif-writer.ts'
import type { FileTags } from './file-tags.ts'
import { jpegSegment, jpegSegments } from './jpeg-segment.ts'
import { xmpSegments } from './jpeg-xmp.ts'

const APP0 = 0xe0
const APP1 = 0xe1
const COMMENT = 0xfe
/** The keyword of a PNG's text that a JPEG's comment becomes, and comes from. */
export const COMMENT_KEYWORD = 'Comment'
const CENTIMETRES_PER_INCH = 2.54
const DOTS_PER_INCH = 1
const DOTS_PER_CENTIMETRE = 2

/** Puts density (JFIF, and EXIF where that cannot hold it), EXIF, XMP and the comment into a JPEG as sharp writes it. */
export function tagJpeg(file: Uint8Array, { exif, xmp, texts, density }: FileTags): Uint8Array {
  const { segment, exact } = jfif(density)
  const block = hasFields(exif) || !exact ? writeExif(exif, density) : undefined
  const comment = texts[COMMENT_KEYWORD]
  const added = [
    segment,
    ...(block ? [jpegSegment(APP1, Buffer.from('Exif\0\0', 'latin1'), block)] : []),
    ...(xmp === undefined ? [] : xmpSegments(xmp)),
    ...(comment === undefined ? [] : [jpegSegment(COMMENT, Buffer.from(comment, 'utf8').subarray(0, 65_000))]),
  ]
  const kept: Uint8Array[] = []
  let end = 2
  for (const { marker, content, whole } of jpegSegments(file)) {
    end += whole.length
    const replaced = (marker === APP0 && startsWith(content, 'JFIF')) || marker === APP1
    if (!replaced) kept.push(whole)
  }
  return Buffer.concat([file.subarray(0, 2), ...added, ...kept, file.subarray(end)])
}

/** Whole dots per inch, or per centimetre where these are exact; unit 0 and a shape of 1 x 1 when nothing is known. @see JFIF 1.02 */
function jfif(density: number | null): { segment: Uint8Array; exact: boolean } {
  const inch = Math.round(density ?? 1)
  const centimetre = Math.round((density ?? 1) / CENTIMETRES_PER_INCH)
  const perCentimetre = density !== null && inch !== density && Math.abs(centimetre * CENTIMETRES_PER_INCH - density) < 1e-9
  const value = Math.max(1, Math.min(0xffff, perCentimetre ? centimetre : inch))
  const unit = density === null ? 0 : perCentimetre ? DOTS_PER_CENTIMETRE : DOTS_PER_INCH
  const place = Uint8Array.of(1, 2, unit, value >> 8, value & 255, value >> 8, value & 255, 0, 0)
  const exact = density === null || perCentimetre || value === density
  return { segment: jpegSegment(APP0, Buffer.from('JFIF\0', 'latin1'), place), exact }
}
