import type { Diagnostic, EncodedImage, Pixels } from '@imagedoc/core'
import { withColour } from '../jpeg-colour.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import { calibratedToSrgb } from './calibrated.ts'
import type { Runtime } from './heap.ts'
import { createPacker } from './packer.ts'
import type { Scan } from './scan.ts'
import { colourDoubts, colourSpaceOf, isCalibrated, isDeviceCmyk, isDeviceSpace, jpegColourOf } from './scan-colour.ts'
import { filtersOf, rawBytes, readBytes } from './stored-image.ts'
import type { ImageDictionary } from './stream-dictionary.ts'
import { isUpright, turned } from './turn.ts'

const bytesPerPixel: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 4, 4: 4 }
const bitmapBgra = 4

const cmykConverted: Diagnostic = {
  code: 'CMYK_CONVERTED',
  severity: 'info',
  message: 'The image is in CMYK; it was converted to sRGB.',
  details: { space: 'cmyk' },
}

/** A scan's own image; or, where only drawing the page shows what it is, the density to draw it at if that follows from the scan. */
export interface StoredScan {
  value?: EncodedImage | Pixels | undefined
  /** Only drawing the page can tell whether the value is what it shows. */
  doubtful?: boolean
  density?: number
  diagnostics?: readonly Diagnostic[]
}

/** The scan as it is stored: the JPEG with the colours that the PDF gives it, or pixels of the stored size, turned upright. */
export function readScan(
  runtime: Runtime,
  page: number,
  { scan, dictionaryOf }: { scan: Scan; dictionaryOf: (raw: Uint8Array) => ImageDictionary | undefined },
): StoredScan {
  const raw = rawBytes(runtime, scan.object)
  const dictionary = dictionaryOf(raw)
  // A stencil is drawn on its own grid, so that no dot is lost; a mask may be finer than its image.
  if (dictionary?.stencil) return { density: scan.density }
  if (dictionary?.masked) return {}
  const space = colourSpaceOf(runtime, page, scan.object)
  // Without its dictionary (an encrypted file) nothing says whether the image has a mask: then the page itself must.
  const doubtful = scan.doubtful || dictionary === undefined || dictionary.layered
  if (dictionary !== undefined && !dictionary.decoded && isUpright(scan.turn)) {
    const jpeg = storedJpeg(runtime, page, { ...scan, raw, dictionary })
    if (jpeg !== undefined) return { value: jpeg, doubtful }
  }
  // The page gives the device's colours another meaning (/DefaultRGB), which PDFium heeds only when it draws.
  if (dictionary?.device && !isDeviceSpace(space)) return { density: scan.density }
  const pixels = uprightPixels(runtime, scan)
  const converted = isDeviceCmyk(space) ? [cmykConverted] : []
  if (pixels && dictionary?.calibrated && isCalibrated(space)) return { value: calibratedToSrgb(pixels, dictionary.calibrated), doubtful }
  return { value: pixels, doubtful, diagnostics: [...converted, ...colourDoubts(space, filtersOf(runtime, scan.object))] }
}

/** The scan's pixels as PDFium decodes them, turned as the page shows them; undefined when it cannot, or not at their own size. */
export function uprightPixels(runtime: Runtime, scan: Scan): Pixels | undefined {
  const pixels = decodedPixels(runtime, scan)
  return pixels && turned(pixels, scan.turn)
}

function storedJpeg(
  runtime: Runtime,
  page: number,
  { object, width, height, density, raw, dictionary }: Scan & { raw: Uint8Array; dictionary: ImageDictionary },
): EncodedImage | undefined {
  const { api } = runtime
  const filters = filtersOf(runtime, object)
  if (filters.at(-1) !== 'DCTDecode') return undefined
  // Of a chain such as Flate and DCT, "decoded" undoes everything but the JPEG itself; "raw" undoes nothing.
  const bytes =
    filters.length === 1 ? raw : readBytes(runtime, (pointer, size) => api.FPDFImageObj_GetImageDataDecoded(object, pointer, size))
  const header = readJpegHeader(bytes)
  if (header === undefined) return undefined
  const plain = header.precision === 8 && (header.components === 1 || header.components === 3) && header.orientation === 1
  if (!plain || header.width !== width || header.height !== height) return undefined
  const colour = jpegColourOf(runtime, page, { object, dictionary, components: header.components })
  const coloured = colour && withColour(bytes, colour)
  return coloured && { mediaType: 'image/jpeg', bytes: coloured, width, height, density }
}

function decodedPixels({ api, heap }: Runtime, { object, width, height, density }: Scan): Pixels | undefined {
  const bitmap = api.FPDFImageObj_GetBitmap(object)
  if (bitmap === 0) return undefined
  try {
    const format = api.FPDFBitmap_GetFormat(bitmap)
    const step = bytesPerPixel[format]
    if (
      step === undefined ||
      format === bitmapBgra ||
      api.FPDFBitmap_GetWidth(bitmap) !== width ||
      api.FPDFBitmap_GetHeight(bitmap) !== height
    )
      return undefined
    const stride = api.FPDFBitmap_GetStride(bitmap)
    const packer = createPacker({ width, height, tolerance: 0 })
    packer.add(heap.view(api.FPDFBitmap_GetBuffer(bitmap), stride * height), { bytesPerPixel: step, stride, rows: height })
    return { width, height, density, ...packer.finish() }
  } finally {
    api.FPDFBitmap_Destroy(bitmap)
  }
}
