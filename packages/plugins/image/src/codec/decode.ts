import { type Codec, type Diagnostic, type ImageProbe, type Limits, type Pixels, throwIfAborted } from '@imagedoc/core'
import type { Metadata, Sharp } from 'sharp'
import { fileError, openFile, readHeader } from './input-file.ts'
import { isTurned, orientationMatrix } from './orientation.ts'
import { readProperties } from './properties.ts'
import { collectPixels } from './raw.ts'

/** Reads the header only. @throws CORRUPT_INPUT, EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
export async function probe(bytes: Uint8Array, limits: Limits): Promise<ImageProbe> {
  const header = await readHeader(openFile(bytes, { page: 0, limits }), limits)
  const orientation = header.orientation ?? 1
  const turned = isTurned(orientation)
  return {
    pages: header.pages ?? 1,
    width: turned ? header.height : header.width,
    height: turned ? header.width : header.height,
    density: densityOf(header),
    upright: orientation <= 1,
  }
}

/** Decodes one page, upright, 8 bit, sRGB. @throws CORRUPT_INPUT, EMPTY_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS, NOT_FOUND, CANCELLED */
export async function decode(bytes: Uint8Array, at: { page: number; limits: Limits; signal: AbortSignal }): ReturnType<Codec['decode']> {
  throwIfAborted(at.signal)
  const header = await readHeader(openFile(bytes, at), at.limits)
  const grey = isGrey(header)
  const pixels = await collectPixels(toSrgb(openFile(bytes, at).autoOrient(), header), { grey, density: densityOf(header) }).catch(
    (error: unknown) => {
      throw fileError(error, at.limits)
    },
  )
  throwIfAborted(at.signal)
  return {
    pixels,
    matrix: orientationMatrix(header.orientation ?? 1, header.width, header.height),
    properties: readProperties(bytes, header, at.page),
    diagnostics: conversions(header),
  }
}

/** One channel stays one; grey with transparency becomes RGBA, because sharp's raw output drops that transparency. */
const isGrey = (header: Metadata): boolean => header.channels === 1 && ['b-w', 'grey16'].includes(header.space ?? '')

function toSrgb(file: Sharp, header: Metadata): Sharp {
  if (isGrey(header)) return file
  const colour = header.hasAlpha ? file.toColourspace('srgb').ensureAlpha() : file.toColourspace('srgb').removeAlpha()
  // With a profile sharp works on 16 bit in Display P3 and on 8 bit in sRGB; only naming the profile brings the former home.
  return header.icc && header.depth !== 'uchar' ? colour.withIccProfile('srgb') : colour
}

/** Dots per inch, or null. A JPEG without a density is reported as 72, and cameras write 72 when they know nothing: no page is scanned at that. */
function densityOf(header: Metadata): number | null {
  if (header.density === undefined || header.density <= 1) return null
  return header.format === 'jpeg' && header.density === 72 ? null : header.density
}

function conversions(header: Metadata): Diagnostic[] {
  const found: Diagnostic[] = []
  const note = (code: string, message: string, details: Record<string, string>): void => {
    found.push({ code, severity: 'info', message, details })
  }
  if (header.depth !== 'uchar')
    note('DEPTH_REDUCED', 'The image has more than 8 bits a channel; it was reduced to 8.', { depth: String(header.depth) })
  if (header.space === 'cmyk') note('CMYK_CONVERTED', 'The image is in CMYK; it was converted to sRGB.', { space: 'cmyk' })
  return found
}

/** True when every value is black or white. */
export function isBilevel(pixels: Pixels): boolean {
  if (pixels.channels !== 1) return false
  const { data } = pixels
  for (let i = 0; i < data.length; i++) if (data[i] !== 0 && data[i] !== 255) return false
  return true
}
