import { type Diagnostic, ImageDocError } from '@imagedoc/core'
import type { PageGeometry } from './geometry.ts'
import type { Runtime } from './heap.ts'
import { coveredShare, pixelSizeOf, visitVisible } from './page-objects.ts'
import type { PdfDocument } from './pdf-document.ts'
import { bitmapRows, filtersOf, rawBytes, readBytes, sizeOfDecoded } from './stored-image.ts'
import type { ImageDictionary } from './stream-dictionary.ts'
import { faxRowsMissing, isCutFlate, isCutJpeg, jbig2Missing, jpxMissing } from './stream-ends.ts'

/** Images that cover less of the page are not looked at: icons and rules. */
const SMALLEST = 0.01
/** When more of the page is missing it is refused. */
const MOST_MISSING = 0.5
/** Less is rounding: the last row of blocks, a byte of padding. */
const LEAST_MISSING = 0.002
const bitmapless = 1

/** What the images of a page lack. */
export interface Damage {
  /** In the data of some image, whether or not it shows. */
  readonly cut: boolean
  readonly diagnostics: readonly Diagnostic[]
}

interface At {
  readonly index: number
  readonly geometry: PageGeometry
}

/**
 * Says how much of a page's images is missing because their data end early; PDFium draws such places black or leaves them blank, without a word.
 * @throws CORRUPT_INPUT when more than half of the page is missing
 */
export function damagedImages(document: PdfDocument, page: number, { index, geometry }: At): Damage {
  let missing = 0
  let cut = false
  visitVisible(document.runtime, page, ({ image }) => {
    const share = image === undefined ? 0 : coveredShare(image.matrix, geometry)
    const lost = image && share >= SMALLEST ? missingShare(document, page, image.object) : undefined
    cut ||= lost !== undefined
    missing += share * (lost ?? 0)
    return true
  })
  return { cut, diagnostics: cut ? [told(index, Math.min(1, Math.round(missing * 1000) / 1000))] : [] }
}

/** @throws CORRUPT_INPUT */
function told(index: number, missing: number): Diagnostic {
  const percent = `${Math.max(1, Math.round(missing * 100))} %`
  if (missing > MOST_MISSING) {
    throw new ImageDocError(
      'CORRUPT_INPUT',
      `${percent} of page ${index + 1} is missing: the data of its image end early or are damaged. Scan the page again, or take the PDF from its source.`,
      { details: { page: index + 1, missing } },
    )
  }
  const what = missing < LEAST_MISSING ? 'An image on' : `About ${percent} of`
  const lacks = missing < LEAST_MISSING ? 'may be coarser than it was' : 'is missing'
  return {
    code: 'IMAGE_DAMAGED',
    severity: 'warning',
    message: `${what} page ${index + 1} ${lacks}: the data of its image end early or are damaged. Take the PDF from its source if that matters.`,
    details: { page: index + 1, missing },
  }
}

/** The share of an image's pixels whose data are not there, 0..1; undefined when nothing is known to be wrong with it. */
export function missingShare(
  { runtime, dictionaryOf }: Pick<PdfDocument, 'runtime' | 'dictionaryOf'>,
  page: number,
  object: number,
): number | undefined {
  const { width, height } = pixelSizeOf(runtime, object)
  const filters = filtersOf(runtime, object)
  const codec = filters.at(-1) ?? ''
  if (width < 1 || height < 1) return undefined
  const raw = rawBytes(runtime, object)
  if (!codecs.has(codec)) return shortShare(runtime, object, { page, width, height, raw, filters, dictionary: dictionaryOf(raw) })
  // Behind another filter the data are not at hand as they are stored.
  if (filters.length > 1) return undefined
  if (codec.startsWith('DCT')) return isCutJpeg(raw) ? flatShare(runtime, object) : undefined
  if (codec === 'JPXDecode') return some(decodedOr(runtime, object, jpxMissing(raw)))
  if (codec === 'JBIG2Decode') return some(decodedOr(runtime, object, jbig2Missing(raw)))
  const rows = faxRowsMissing(raw, () => (dictionaryOf(raw)?.group4 ? flatShare(runtime, object) * height : 0))
  return some(rows / height)
}

const some = (share: number): number | undefined => (share >= LEAST_MISSING ? share : undefined)

const codecs = new Set(['DCTDecode', 'DCT', 'JPXDecode', 'JBIG2Decode', 'CCITTFaxDecode', 'CCF'])

/** All of it, when PDFium cannot decode what is left. */
function decodedOr(runtime: Runtime, object: number, missing: number): number {
  return missing > 0 && bitmapRows(runtime, object, () => undefined) === undefined ? bitmapless : missing
}

/** The rows at the bottom that have one colour: with it decoders fill what they do not have. */
function flatShare(runtime: Runtime, object: number): number {
  let flat = 0
  let first: Buffer | undefined
  const rows = bitmapRows(runtime, object, (row, bytesPerPixel) => {
    first ??= Buffer.alloc(row.length, row.subarray(0, bytesPerPixel))
    if (!first.equals(row)) return false
    flat++
    return true
  })
  return rows === undefined ? bitmapless : flat / rows
}

interface Stored {
  readonly page: number
  readonly width: number
  readonly height: number
  readonly raw: Uint8Array
  readonly dictionary: ImageDictionary | undefined
  readonly filters: readonly string[]
}

/** Of data without a codec of their own the length says how much is there. */
function shortShare(runtime: Runtime, object: number, { page, width, height, raw, dictionary, filters }: Stored): number | undefined {
  const components = componentsOf(runtime, page, object)
  const bits = dictionary?.stencil ? 1 : dictionary?.bits
  if (bits !== undefined && (dictionary?.stencil || components !== undefined)) {
    const wanted = Math.ceil((width * bits * (dictionary?.stencil ? 1 : (components ?? 1))) / 8) * height
    return some(1 - sizeOfDecoded(runtime, object) / wanted)
  }
  return filters.length === 1 && isFlate(filters[0]) && isCutFlate(raw) ? flatShare(runtime, object) : undefined
}

const isFlate = (filter: string | undefined): boolean => filter === 'FlateDecode' || filter === 'Fl'

/** FPDF_COLORSPACE: grey, RGB, CMYK, their calibrated kin, Lab, Separation, Indexed. */
const components: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 4, 4: 1, 5: 3, 6: 3, 8: 1, 10: 1 }
const iccBased = 7
const ofProfile: Readonly<Record<string, number>> = { GRAY: 1, 'RGB ': 3, CMYK: 4, 'Lab ': 3 }

function componentsOf({ api, heap }: Runtime, page: number, object: number): number | undefined {
  api.FPDFImageObj_GetImageMetadata(object, page, heap.scratch)
  // the sixth field of FPDF_IMAGEOBJ_METADATA
  const space = heap.words(6)[5] ?? 0
  if (space !== iccBased) return components[space]
  const profile = readBytes({ heap }, (pointer, size) => {
    api.FPDFImageObj_GetIccProfileDataDecoded(object, page, pointer, size, heap.scratch)
    return heap.words(1)[0] ?? 0
  })
  // ICC.1:2022, 7.2: the colour space of the data
  return ofProfile[Buffer.from(profile.subarray(16, 20)).toString('latin1')]
}
