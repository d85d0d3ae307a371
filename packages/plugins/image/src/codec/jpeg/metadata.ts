import { inMemory } from '../byte-source.ts'
import { startsWith } from '../metadata/exif.ts'
import { hasFields, writeExif } from '../metadata/exif-writer.ts'
import { COMMENT_KEYWORD, type FileTags } from '../metadata/file-tags.ts'
import { headerSegments, marker, writeSegment } from './markers.ts'
import { xmpSegments } from './xmp.ts'

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
    ...(block ? [writeSegment(marker.app1, Buffer.from('Exif\0\0', 'latin1'), block)] : []),
    ...(xmp === undefined ? [] : xmpSegments(xmp)),
    ...(comment === undefined ? [] : [writeSegment(marker.com, Buffer.from(comment, 'utf8').subarray(0, 65_000))]),
  ]
  const kept: Uint8Array[] = []
  let scans = 2
  for (const { marker: code, at, start, end } of headerSegments(inMemory(file))) {
    scans = end
    const replaced = (code === marker.app0 && startsWith(file.subarray(start, end), 'JFIF')) || code === marker.app1
    if (!replaced) kept.push(file.subarray(at, end))
  }
  return Buffer.concat([file.subarray(0, 2), ...added, ...kept, file.subarray(scans)])
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
  return { segment: writeSegment(marker.app0, Buffer.from('JFIF\0', 'latin1'), place), exact }
}
