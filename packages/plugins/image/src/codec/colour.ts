import type { Diagnostic } from '@imagedoc/core'
import type { Metadata, Sharp } from 'sharp'

/** One channel stays one; grey with transparency becomes RGBA, because sharp's raw output drops that transparency. */
export const isGrey = (header: Metadata): boolean => header.channels === 1 && ['b-w', 'grey16'].includes(header.space ?? '')

/** Colour as 8-bit sRGB, with transparency where the file has it. `alpha`: false where what sharp takes for transparency is none. */
export function toSrgb(file: Sharp, header: Metadata, alpha = true): Sharp {
  if (isGrey(header)) return file
  const colour = header.hasAlpha && alpha ? file.toColourspace('srgb').ensureAlpha() : file.toColourspace('srgb').removeAlpha()
  // With a profile sharp works on 16 bit in Display P3 and on 8 bit in sRGB; only naming the profile brings the former home.
  return header.icc && header.depth !== 'uchar' ? colour.withIccProfile('srgb') : colour
}

/** What decoding gives up. */
export function conversions(header: Metadata): Diagnostic[] {
  const found: Diagnostic[] = []
  const note = (code: string, message: string, details: Record<string, string>): void => {
    found.push({ code, severity: 'info', message, details })
  }
  if (header.depth !== 'uchar')
    note('DEPTH_REDUCED', 'The image has more than 8 bits a channel; it was reduced to 8.', { depth: String(header.depth) })
  if (header.space === 'cmyk') note('CMYK_CONVERTED', 'The image is in CMYK; it was converted to sRGB.', { space: 'cmyk' })
  return found
}
