import { type Diagnostic, ImageDocError } from '@imagedoc/core'
import type { PdfDocument } from './document.ts'
import type { PageGeometry } from './geometry.ts'
import type { Runtime } from './heap.ts'
import { coveredShare, pixelSizeOf, visitVisible } from './page-objects.ts'
import { bitmapRows, filtersOf, rawBytes, sizeOfDecoded } from './stored-image.ts'
import { faxRowsMissing, isCutJpeg, jbig2Missing, jpxMissing } from './stream-ends.ts'

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
  if (!codecs.has(codec)) return some(shortShare(runtime, object, { page, width, height }))
  // Behind another filter the data are not at hand as they are stored.
  if (filters.length > 1) return undefined
  const raw = rawBytes(runtime, object)
  if (codec.startsWith('DCT')) return isCutJpeg(raw) ? flatShare(runtime, object) : undefined
  if (codec === 'JPXDecode') return some(decodedOr(runtime, object, jpxMissing(raw)))
  if (codec === 'JBIG2Decode') return some(decodedOr(runtime, object, jbig2Missing(raw)))
  return dictionaryOf(raw)?.group4 ? some(faxRowsMissing(raw, () => flatShare(runtime, object) * height) / height) : undefined
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

/** Of data without a codec of their own the length says how much is there. */
function shortShare(runtime: Runtime, object: number, { page, width, height }: { page: number; width: number; height: number }): number {
  const { api, heap } = runtime
  api.FPDFImageObj_GetImageMetadata(object, page, heap.scratch)
  // the fifth field of FPDF_IMAGEOBJ_METADATA
  const bits = heap.words(5)[4] ?? 0
  const wanted = Math.ceil((width * bits) / 8) * height
  if (wanted === 0) return 0
  return Math.max(0, 1 - sizeOfDecoded(runtime, object) / wanted)
}
