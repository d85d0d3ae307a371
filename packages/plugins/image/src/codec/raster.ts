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
import type { ByteSource } from './byte-source.ts'
import { conversions, isGrey, toSrgb } from './colour.ts'
import { fileError, openFile, readHeader } from './input-file.ts'
import { readProperties } from './metadata/properties.ts'
import { isTurned, orientationMatrix, turnUpright } from './orientation.ts'
import { collectPixels } from './raw.ts'
import { betterClaim, exifResolution, type Resolution } from './resolution.ts'
import { assertSquareSize, makeSquare, squareSize } from './square.ts'

/** What a file's own structure tells, before anything is decoded. */
export interface Survey {
  /** What is decoded: the file, without what a decoder would stumble over. */
  readonly source: ByteSource
  /** The density that the format itself holds; EXIF is read apart. */
  readonly resolution: Resolution | null
  readonly diagnostics: readonly Diagnostic[]
  /** False for what is not to be passed on as it is, although it is whole. */
  readonly portable: boolean
  /** The structure alone shows that something is missing or damaged. */
  readonly damaged: boolean
  /** What can be saved of a damaged file; left out where the format gives back nothing of one. */
  readonly rescue?: () => Rescue | Promise<Rescue>
  /** Finds damage that the decoder passes over without a word; it runs beside it. Left out where the decoder tells all. */
  readonly verify?: () => Promise<Rescue>
}

/** What was saved. */
export interface Rescue {
  /** Can be decoded. */
  readonly source: ByteSource
  /** Left out where the decoder complained of nothing that matters. */
  readonly diagnostic?: Diagnostic
  /** Puts white paper, in the stored grid, where nothing was decoded: in place, or in other pixels of the stored size. */
  repair?(pixels: Pixels): Pixels
}

/** A format that sharp decodes. */
export interface RasterFormat {
  /** @throws UNSUPPORTED_MEDIA_TYPE, CORRUPT_INPUT */
  survey(source: ByteSource, depth: 'header' | 'whole'): Survey | Promise<Survey>
  /** The least that is an error to sharp. */
  readonly failOn: 'truncated' | 'error' | 'warning'
  /** What the header tells of the density, for a format whose structure is not surveyed. */
  claim?(header: Metadata): Resolution | null
  /** Pages by the header. */
  pages(header: Metadata): number
}

/** How one kind of file is read: as a {@link Codec} reads all of them. */
export interface FormatReader {
  probe(source: ByteSource, limits: Limits, options?: ProbeOptions): Promise<ImageProbe>
  decode(source: ByteSource, at: Parameters<Codec['decode']>[1]): ReturnType<Codec['decode']>
}

/** Probe and decode of a format. */
export function rasterReader(format: RasterFormat): FormatReader {
  return {
    probe: (source, limits, options = {}) => probe(format, source, { limits, ...options }),
    decode: (source, at) => decode(format, source, at),
  }
}

async function probe(format: RasterFormat, source: ByteSource, options: ProbeOptions & { limits: Limits }): Promise<ImageProbe> {
  const { limits } = options
  const head = await format.survey(source, 'header')
  const header = await readHeader(head.source.input, { page: 0, limits })
  const claim = claimOf(format, { survey: head, header, known: options.density })
  assertSquareSize(header, claim, limits)
  // Only now: the whole of what claims a billion pixels takes seconds.
  const survey = options.depth === 'whole' ? await format.survey(source, 'whole') : head
  const turned = isTurned(header.orientation ?? 1)
  const size = squareSize(header, claim)
  const square = size.width === header.width && size.height === header.height
  return {
    pages: format.pages(header),
    width: turned ? size.height : size.width,
    height: turned ? size.width : size.height,
    density: options.density === undefined ? densityOf(claim) : options.density,
    upright: (header.orientation ?? 1) <= 1 && square,
    portable: survey.portable && !survey.damaged,
    diagnostics: survey.diagnostics,
  }
}

async function decode(
  format: RasterFormat,
  source: ByteSource,
  at: { page: number; limits: Limits; signal: AbortSignal; density?: number | null | undefined },
): ReturnType<Codec['decode']> {
  throwIfAborted(at.signal)
  const survey = await format.survey(source, 'header')
  const header = await readHeader(survey.source.input, at)
  const claim = claimOf(format, { survey, header, known: at.density })
  assertSquareSize(header, claim, at.limits)
  const orientation = header.orientation ?? 1
  const read = await readUpright(format, { survey, header, at })
  throwIfAborted(at.signal)
  const square = await makeSquare(read.pixels, claim && isTurned(orientation) ? { x: claim.y, y: claim.x } : claim)
  throwIfAborted(at.signal)
  const density = at.density === undefined ? densityOf(claim) : at.density
  return {
    pixels: { ...square.pixels, density },
    matrix: compose(orientationMatrix(orientation, header.width, header.height), square.matrix) ?? square.matrix,
    properties: readProperties(source, header, at.page),
    diagnostics: [...survey.diagnostics, ...read.diagnostics, ...conversions(header), ...square.diagnostics],
  }
}

interface Reading {
  readonly survey: Survey
  readonly header: Metadata
  readonly at: { page: number; limits: Limits }
}

async function readUpright(format: RasterFormat, reading: Reading): Promise<{ pixels: Pixels; diagnostics: readonly Diagnostic[] }> {
  const { survey, header, at } = reading
  if (survey.damaged && survey.rescue) return rescued(survey.rescue, reading)
  try {
    const file = openFile(survey.source.input, { ...at, failOn: format.failOn }).autoOrient()
    const decoded = collectPixels(toSrgb(file, header), { grey: isGrey(header), density: null })
    const [pixels, found] = await Promise.all([decoded, survey.verify?.()])
    return found?.diagnostic ? rescued(() => found, reading) : { pixels, diagnostics: [] }
  } catch (error) {
    const failure = fileError(error, { ...at, input: survey.source.input })
    if (failure.code !== 'CORRUPT_INPUT' || !survey.rescue || isImageDocError(error)) throw failure
    return rescued(survey.rescue, reading)
  }
}

async function rescued(
  rescue: NonNullable<Survey['rescue']>,
  { header, at }: Reading,
): Promise<{ pixels: Pixels; diagnostics: readonly Diagnostic[] }> {
  const { source, diagnostic, repair } = await rescue()
  const file = openFile(source.input, { ...at, failOn: 'none' })
  const pixels = await collectPixels(toSrgb(file, header), { grey: isGrey(header), density: null }).catch((error: unknown) => {
    throw fileError(error, { ...at, input: source.input })
  })
  return { pixels: turnUpright(repair ? repair(pixels) : pixels, header.orientation ?? 1), diagnostics: diagnostic ? [diagnostic] : [] }
}

/** The claim along the stored axes; none where the density is known from elsewhere. */
function claimOf(
  format: RasterFormat,
  { survey, header, known }: { survey: Survey; header: Metadata; known: number | null | undefined },
): Resolution | null {
  if (known !== undefined) return null
  return format.claim ? format.claim(header) : betterClaim(exifResolution(header.exif), survey.resolution)
}

/** Dots per inch once the pixels are square. */
function densityOf(claim: Resolution | null): number | null {
  if (claim === null || !claim.unit) return null
  return rounded(Math.max(claim.x, claim.y))
}

/** Metres and centimetres come out with a tail: 11811 pixels a metre are 300 dots an inch. */
const rounded = (density: number): number => (Math.abs(density - Math.round(density)) < 0.02 ? Math.round(density) : density)
