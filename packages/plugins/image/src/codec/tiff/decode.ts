import {
  type Codec,
  compose,
  type Diagnostic,
  type ImageProbe,
  isImageDocError,
  type Limits,
  type Pixels,
  type ProbeOptions,
  throwIfAborted,
} from '@imagedoc/core'
import type { Metadata } from 'sharp'
import { type ByteSource, inMemory } from '../byte-source.ts'
import { conversions, isGrey, toSrgb } from '../colour.ts'
import { fileError, openFile, readHeader } from '../input-file.ts'
import { readProperties } from '../metadata/properties.ts'
import { isTurned, orientationMatrix } from '../orientation.ts'
import type { FormatReader } from '../raster.ts'
import { collectPixels } from '../raw.ts'
import { assertSquareSize, isAbsurdShape, makeSquare, squareSize } from '../square.ts'
import { decodeInBands, isLarge } from './bands.ts'
import { type AxesDensity, densityOf } from './image-layout.ts'
import { assertJpegProcess, isJpegSound } from './jpeg-data.ts'
import { isLzwSound } from './lzw.ts'
import { isUnpackable, isUnpackedHere, repackedPage } from './packed.ts'
import { isComplete, openPage, pageFile, type TiffPage } from './page.ts'
import { findPages } from './pages.ts'
import { salvage } from './salvage.ts'
import { hasAlpha, meantChannels } from './samples.ts'
import { isDeflate, isFax, isJpeg, isZstandard } from './supported.ts'

type At = Parameters<Codec['decode']>[1]
type Decoded = Awaited<ReturnType<Codec['decode']>>

/** TIFF and BigTIFF, page by page. */
export const tiffReader: FormatReader = { probe, decode }

/** Reads the directories, and checks the data where the file may be passed on. @throws CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS */
async function probe(source: ByteSource, limits: Limits, options: ProbeOptions = {}): Promise<ImageProbe> {
  const { pages, alone, diagnostics } = findPages(source, limits)
  const page = openPage(source, { page: 0, limits })
  const { layout } = page
  const { width, height, density } = upright(page, options.density)
  assertSquareSize({ width, height }, density, limits)
  const square = squareSize({ width, height }, density)
  const asStored = layout.orientation === 1 && square.width === width && square.height === height
  // What other readers would show otherwise, or not at all, does not go on as it is.
  const isPlain = alone && isComplete(page) && diagnostics.length === 0 && !isZstandard(layout)
  return {
    pages: pages.length,
    ...square,
    density: claimed(density),
    upright: asStored,
    portable: isPlain && (options.depth !== 'whole' || pages.length > 1 || (!isUnpackedHere(page) && (await isSound(page)))),
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
  }
}

/**
 * Decodes one page, upright, with square pixels, 8 bit, sRGB. What is missing or damaged comes out white, with IMAGE_DAMAGED.
 * @throws CORRUPT_INPUT when more than half is missing, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS, NOT_FOUND, CANCELLED
 */
async function decode(source: ByteSource, at: At): Promise<Decoded> {
  throwIfAborted(at.signal)
  const page = openPage(source, at)
  const { width, height, density } = upright(page, at.density)
  assertSquareSize({ width, height }, density, at.limits)
  const decodeFile = (file: Uint8Array): Promise<Decoded> => decodeAlone(file, page, at)
  const decoded = (await decodeWhole(page, decodeFile, at)) ?? (await salvage(page, { decode: decodeFile, signal: at.signal }))
  const square = await makeSquare({ ...meantChannels(decoded.pixels, page.layout), density: null }, density)
  throwIfAborted(at.signal)
  return {
    pixels: square.pixels,
    matrix: compose(decoded.matrix, square.matrix) ?? decoded.matrix,
    properties: decoded.properties,
    diagnostics: [...decoded.diagnostics, ...darkOnly(square.pixels, page), ...square.diagnostics],
  }
}

/** A page of which all is there and sound; undefined for another. */
async function decodeWhole(
  page: TiffPage,
  decodeFile: (file: Uint8Array) => Promise<Decoded>,
  { limits, signal }: At,
): Promise<Decoded | undefined> {
  if (isJpeg(page.layout)) assertJpegProcess(page)
  if (!isComplete(page)) return undefined
  const decodeBand = (file: Uint8Array): Promise<Decoded | undefined> => decodeFile(file).catch(ifDamaged)
  const describe = async (file: Uint8Array) => describeFile(file, await readHeader(file, { page: 0, limits }))
  const pixels = isLarge(page) ? decodeInBands(page, { signal, decode: decodeBand, describe }) : decodeAtOnce(page, decodeBand)
  // Most files are sound: their checks run beside sharp's work.
  const [decoded, sound] = await Promise.all([pixels, isSound(page)])
  return sound ? decoded : undefined
}

async function decodeAtOnce(page: TiffPage, decodeFile: (file: Uint8Array) => Promise<Decoded | undefined>): Promise<Decoded | undefined> {
  const readable = isUnpackedHere(page) ? await repackedPage(page) : page
  return readable && decodeFile(pageFile(readable))
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

/** A TIFF of this page alone, or of a part of it, by sharp; upright. */
async function decodeAlone(file: Uint8Array, { layout }: TiffPage, { limits, signal }: At): Promise<Decoded> {
  throwIfAborted(signal)
  // libtiff only warns of a fax line of a wrong length, and of harmless things in other compressions.
  const at = { page: 0, limits, failOn: isFax(layout) ? ('warning' as const) : ('error' as const) }
  const header = await readHeader(file, at)
  const opened = toSrgb(openFile(file, at).autoOrient(), header, hasAlpha(layout))
  const pixels = await collectPixels(opened, { grey: isGrey(header), density: null }).catch((error: unknown) => {
    throw fileError(error, { limits, input: file })
  })
  throwIfAborted(signal)
  return {
    pixels,
    matrix: orientationMatrix(header.orientation ?? 1, header.width, header.height),
    ...describeFile(file, header),
  }
}

/** What the header of a TIFF of one page tells beside its size. */
const describeFile = (file: Uint8Array, header: Metadata): Pick<Decoded, 'properties' | 'diagnostics'> => ({
  properties: readProperties(inMemory(file), header),
  diagnostics: conversions(header),
})

/** Size of the page and its claimed density along the upright axes, before its pixels are made square. What its maker `said` holds against the file. */
function upright(
  { file, directory, layout }: TiffPage,
  said: number | null | undefined,
): { width: number; height: number; density: AxesDensity | null } {
  const { width, height } = layout
  const density = said === undefined ? densityOf(file, directory) : said === null ? null : { x: said, y: said }
  if (!isTurned(layout.orientation)) return { width, height, density }
  return { width: height, height: width, density: density && { x: density.y, y: density.x } }
}

const claimed = (density: AxesDensity | null): number | null =>
  density === null || isAbsurdShape(density) ? null : Math.max(density.x, density.y)

/** 12 bits in 16, as cameras of microscopes write them, are shown dark by libtiff's tools, too; here they are named. */
function darkOnly(pixels: Pixels, { layout }: TiffPage): Diagnostic[] {
  if (layout.bits[0] !== 16 || pixels.channels === 4 || pixels.data.some((value) => value > 16)) return []
  const message =
    'No sample of the 16-bit page uses the upper four bits: the page is nearly black. Its samples may have 12 bits; spread them to 16.'
  return [{ code: 'SAMPLES_DARK', severity: 'warning', message, details: { bits: 16 } }]
}
