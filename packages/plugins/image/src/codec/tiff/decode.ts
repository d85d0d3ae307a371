import {
  type Codec,
  compose,
  type Diagnostic,
  type ImageProbe,
  isImageDocError,
  type Limits,
  type Pixels,
  throwIfAborted,
} from '@imagedoc/core'
import { isTurned } from '../orientation.ts'
import { makeSquare, squareSize } from '../square.ts'
import { type AxesDensity, densityOf } from './image-layout.ts'
import { assertJpegProcess, isJpegSound } from './jpeg-data.ts'
import { isLzwSound } from './lzw.ts'
import { isUnpackable, isUnpackedHere, repackedPage } from './packed.ts'
import { isComplete, openPage, pageFile, type TiffPage, tooManyPixels } from './page.ts'
import { findPages } from './pages.ts'
import { salvage } from './salvage.ts'
import { hasAlpha, meantChannels } from './samples.ts'
import { isDeflate, isFax, isJpeg, isZstandard } from './supported.ts'

/** How sharp is to read a TIFF. */
export interface Strictness {
  /** libtiff only warns of a fax line of a wrong length, and of harmless things in other compressions. */
  failOn: 'error' | 'warning'
  /** False when what sharp takes for transparency is none. */
  alpha: boolean
}
/** Decodes a file of one page, upright. */
export type DecodeFile = (
  bytes: Uint8Array,
  at: { page: number; limits: Limits; signal: AbortSignal } & Strictness,
) => ReturnType<Codec['decode']>
type At = Parameters<Codec['decode']>[1]

/** Reads the directories only. @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
export function probeTiff(bytes: Uint8Array, limits: Limits): ImageProbe {
  const { pages, alone, diagnostics } = findPages(bytes, limits)
  const page = openPage(bytes, { page: 0, limits })
  const { layout } = page
  const { size } = uprightSize(page)
  if (size.width * size.height > limits.pixels) throw tooManyPixels(size.width, size.height, limits)
  const stored = isTurned(layout.orientation) ? { width: layout.height, height: layout.width } : layout
  const asStored = layout.orientation === 1 && size.width === stored.width && size.height === stored.height
  return {
    pages: pages.length,
    ...size,
    // What other readers would show otherwise, or not at all, does not go on as it is.
    upright: asStored && alone && isComplete(page) && !isZstandard(layout) && diagnostics.length === 0,
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
  }
}

/**
 * Decodes one page, upright, with square pixels, 8 bit, sRGB. What is missing or damaged comes out white, with IMAGE_DAMAGED.
 * @throws CORRUPT_INPUT when more than half is missing, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS, NOT_FOUND, CANCELLED
 */
export async function decodeTiff(bytes: Uint8Array, at: At, decodeFile: DecodeFile): ReturnType<Codec['decode']> {
  throwIfAborted(at.signal)
  const page = openPage(bytes, at)
  const { size, density } = uprightSize(page)
  if (size.width * size.height > at.limits.pixels) throw tooManyPixels(size.width, size.height, at.limits)
  const read = { ...at, page: 0, alpha: hasAlpha(page.layout), failOn: isFax(page.layout) ? ('warning' as const) : ('error' as const) }
  const decode = (file: Uint8Array): ReturnType<Codec['decode']> => decodeFile(file, read)
  const decoded = (await decodeWhole(page, decode)) ?? (await salvage(page, { decode, signal: at.signal }))
  const square = await makeSquare(meantChannels(decoded.pixels, page.layout), density)
  throwIfAborted(at.signal)
  return {
    pixels: square.pixels,
    matrix: compose(decoded.matrix, square.matrix) ?? decoded.matrix,
    properties: decoded.properties,
    diagnostics: [...decoded.diagnostics, ...darkOnly(square.pixels, page), ...square.diagnostics],
  }
}

/** The page in one go; undefined when any of it is missing or damaged. */
async function decodeWhole(
  page: TiffPage,
  decode: (file: Uint8Array) => ReturnType<Codec['decode']>,
): Promise<Awaited<ReturnType<Codec['decode']>> | undefined> {
  if (isJpeg(page.layout)) assertJpegProcess(page)
  if (!isComplete(page)) return undefined
  const readable = isUnpackedHere(page) ? await repackedPage(page) : page
  if (readable === undefined) return undefined
  // Most files are sound: their checks run beside sharp's work.
  const [decoded, sound] = await Promise.all([decode(pageFile(readable)).catch(ifDamaged), isSound(page)])
  return sound ? decoded : undefined
}

/** What sharp does not tell: whether the data of a compression are what was written. Of uncompressed and WebP data nothing tells. */
async function isSound(page: TiffPage): Promise<boolean> {
  if (isDeflate(page.layout)) return isUnpackable(page)
  if (isJpeg(page.layout)) return isJpegSound(page)
  return page.layout.compression !== 5 || isLzwSound(page)
}

/** Passes on every error but that of damage. */
export function ifDamaged(error: unknown): undefined {
  if (isImageDocError(error) && error.code === 'CORRUPT_INPUT') return undefined
  throw error
}

/** Size of the page as it is decoded, and its claimed density along the upright axes. */
function uprightSize({ file, directory, layout }: TiffPage): { size: ReturnType<typeof squareSize>; density: AxesDensity | null } {
  const turned = isTurned(layout.orientation)
  const stored = densityOf(file, directory)
  const density = stored && turned ? { x: stored.y, y: stored.x } : stored
  const size = turned ? { width: layout.height, height: layout.width } : layout
  return { size: squareSize(size, density), density }
}

/** 12 bits in 16, as cameras of microscopes write them, are shown dark by libtiff's tools, too; here they are named. */
function darkOnly(pixels: Pixels, { layout }: TiffPage): Diagnostic[] {
  if (layout.bits[0] !== 16 || pixels.channels === 4 || pixels.data.some((value) => value > 16)) return []
  const message =
    'No sample of the 16-bit page uses the upper four bits: the page is nearly black. Its samples may have 12 bits; spread them to 16.'
  return [{ code: 'SAMPLES_DARK', severity: 'warning', message, details: { bits: 16 } }]
}
