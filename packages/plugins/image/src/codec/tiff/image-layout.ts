import { ImageDocError } from '@imagedoc/core'
import { type Directory, readFirst, readNumbers, type TiffFile } from './directory.ts'
import { photometric, tag } from './tags.ts'

/** How a directory stores its picture. Sizes in pixels, positions in bytes. */
export interface ImageLayout {
  readonly width: number
  readonly height: number
  readonly bits: readonly number[]
  readonly samples: number
  readonly sampleFormats: readonly number[]
  readonly extraSamples: readonly number[]
  readonly compression: number
  readonly photometric: number
  readonly planar: boolean
  readonly predictor: number
  readonly fillOrder: number
  readonly t4Options: number
  readonly orientation: number
  readonly tiled: boolean
  /** Of a strip: the image's width and the rows of one strip. */
  readonly segment: { readonly width: number; readonly height: number }
}

/** Dots per inch along the stored rows and columns. */
export interface AxesDensity {
  x: number
  y: number
}

const CENTIMETRES = 2.54
const MOST_SAMPLES = 64

/** True when a directory describes a picture at all. */
export function hasImage(file: TiffFile, directory: Directory): boolean {
  const { width, height } = sizeOf(file, directory)
  return Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0
}

/** Width and height, 0 when not given. */
export function sizeOf(file: TiffFile, directory: Directory): { width: number; height: number } {
  return { width: readFirst(file, directory, tag.width) ?? 0, height: readFirst(file, directory, tag.height) ?? 0 }
}

/** @throws CORRUPT_INPUT when the size is missing or the strips or tiles have none */
export function readLayout(file: TiffFile, directory: Directory): ImageLayout {
  const first = (name: number, otherwise: number): number => readFirst(file, directory, name) ?? otherwise
  const all = (name: number): readonly number[] => readNumbers(file, directory, name)?.slice(0, MOST_SAMPLES) ?? []
  const { width, height } = sizeOf(file, directory)
  if (!hasImage(file, directory)) throw damaged('it gives the picture no size')
  const tiled = directory.fields.has(tag.tileWidth) || directory.fields.has(tag.tileOffsets)
  const rows = Math.min(first(tag.rowsPerStrip, height), height)
  const segment = tiled ? { width: first(tag.tileWidth, 0), height: first(tag.tileHeight, 0) } : { width, height: rows }
  if (!(segment.width > 0 && segment.height > 0)) throw damaged('its strips or tiles have no size')
  const samples = first(tag.samples, 1)
  const compression = first(tag.compression, 1)
  return {
    width,
    height,
    samples,
    bits: directory.fields.has(tag.bits) ? all(tag.bits) : [1],
    sampleFormats: all(tag.sampleFormat),
    extraSamples: all(tag.extraSamples),
    compression,
    photometric: first(tag.photometric, usualMeaning(compression, samples)),
    planar: samples > 1 && first(tag.planar, 1) === 2,
    predictor: first(tag.predictor, 1),
    fillOrder: first(tag.fillOrder, 1),
    t4Options: first(tag.t4Options, 0),
    orientation: orientationOf(file, directory),
    tiled,
    segment,
  }
}

/** Old fax writers leave PhotometricInterpretation out; libtiff takes it so. */
function usualMeaning(compression: number, samples: number): number {
  if ([2, 3, 4, 32771].includes(compression)) return photometric.whiteIsZero
  return samples >= 3 ? photometric.rgb : photometric.blackIsZero
}

/** 1 to 8; what is no orientation counts as upright. */
export function orientationOf(file: TiffFile, directory: Directory): number {
  const given = readFirst(file, directory, tag.orientation) ?? 1
  return Number.isInteger(given) && given >= 1 && given <= 8 ? given : 1
}

/** Null when the file claims none: no unit, zero, not a number. One axis stands for both when the other is missing. */
export function densityOf(file: TiffFile, directory: Directory): AxesDensity | null {
  const unit = readFirst(file, directory, tag.resolutionUnit) ?? 2
  if (unit !== 2 && unit !== 3) return null
  const scale = unit === 3 ? CENTIMETRES : 1
  const [x, y] = [tag.xResolution, tag.yResolution].map((name) => claim((readFirst(file, directory, name) ?? Number.NaN) * scale))
  const either = x ?? y
  return either === undefined ? null : { x: x ?? either, y: y ?? either }
}

const claim = (value: number): number | undefined => (Number.isFinite(value) && value > 0 ? value : undefined)

const damaged = (what: string): ImageDocError =>
  new ImageDocError('CORRUPT_INPUT', `A directory of the TIFF file is damaged: ${what}. Get a whole copy of the file.`)
