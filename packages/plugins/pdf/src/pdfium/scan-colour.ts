import type { Diagnostic } from '@imagedoc/core'
import { isSrgb } from '../icc-srgb.ts'
import type { JpegColour } from '../jpeg-colour.ts'
import type { Runtime } from './heap.ts'
import type { ImageDictionary } from './stream-dictionary.ts'

/** FPDF_COLORSPACE_*. */
const deviceGrey = 1
const deviceRgb = 2
const deviceCmyk = 3
const calibrated: Readonly<Record<number, string>> = { 4: 'CalGray', 5: 'CalRGB' }
const inks: Readonly<Record<number, string>> = { 8: 'Separation', 9: 'DeviceN' }
const iccBased = 7
const profileComponents: Readonly<Record<string, number>> = { GRAY: 1, 'RGB ': 3, CMYK: 4 }

/**
 * An image's colour space by number: grey, RGB, CMYK of a device, calibrated ones, Lab, ICC, separations, indexed. What the page has in the
 * place of a device's (/DefaultRGB; PDF 32000-1, 8.6.5.6) is named instead.
 */
export function colourSpaceOf({ api, heap }: Runtime, page: number, object: number): number {
  api.FPDFImageObj_GetImageMetadata(object, page, heap.scratch)
  // the sixth field of FPDF_IMAGEOBJ_METADATA
  return heap.words(6)[5] ?? 0
}

/** True for CMYK as a device has it. */
export const isDeviceCmyk = (space: number): boolean => space === deviceCmyk

/** True for grey, RGB and CMYK of a device. */
export const isDeviceSpace = (space: number): boolean => space === deviceGrey || space === deviceRgb || space === deviceCmyk

/** True for CalGray and CalRGB, whose stored values PDFium takes for sRGB. */
export const isCalibrated = (space: number): boolean => calibrated[space] !== undefined

/** Where PDFium converts otherwise than other readers: it takes calibrated colours for a screen's, and the inks of a JPEG 2000 for full. */
export function colourDoubts(space: number, filters: readonly string[]): Diagnostic[] {
  const name = calibrated[space] ?? (filters.at(-1) === 'JPXDecode' ? inks[space] : undefined)
  if (name === undefined) return []
  const message = `The colours of the page's image are given as ${name}, which is not converted exactly; they may be lighter or darker than other programs show them.`
  return [{ code: 'COLOURS_DOUBTFUL', severity: 'warning', message, details: { space: name } }]
}

/**
 * What the PDF says of a JPEG's colours, if that can be said in a JPEG; undefined where PDFium has to convert the samples (CMYK, Lab,
 * separations, calibrated spaces, a profile for other components).
 */
export function jpegColourOf(
  runtime: Runtime,
  page: number,
  { object, dictionary, components }: { object: number; dictionary: ImageDictionary; components: number },
): JpegColour | undefined {
  const space = colourSpaceOf(runtime, page, object)
  const { transform } = dictionary
  if (transform === null) return undefined
  if (space === (components === 1 ? deviceGrey : deviceRgb)) return { profile: undefined, transform }
  if (space !== iccBased) return undefined
  const profile = profileOf(runtime, page, object)
  if (profile === undefined || profileComponents[Buffer.from(profile.subarray(16, 20)).toString('latin1')] !== components) return undefined
  // Converting sRGB to sRGB costs time and changes nothing.
  return { profile: isSrgb(profile) ? undefined : profile, transform }
}

function profileOf({ api, heap }: Runtime, page: number, object: number): Uint8Array | undefined {
  if (!api.FPDFImageObj_GetIccProfileDataDecoded(object, page, 0, 0, heap.scratch)) return undefined
  const size = heap.words(1)[0] ?? 0
  if (size === 0) return undefined
  const pointer = heap.allocate(size)
  try {
    const got = api.FPDFImageObj_GetIccProfileDataDecoded(object, page, pointer, size, heap.scratch)
    return got ? heap.copyOut(pointer, size) : undefined
  } finally {
    heap.free(pointer)
  }
}
