import { ImageDocError, type Limits } from '@imagedoc/core'
import type { ByteRange, ByteSource } from '../byte-source.ts'
import { tooManyPixels } from '../input-file.ts'
import type { Directory, TiffFile } from './directory.ts'
import { type ImageLayout, readLayout } from './image-layout.ts'
import { findPages } from './pages.ts'
import { copyOf, describingFields, type Fields, meaningFields, numberField, writeTiff } from './rebuild.ts'
import { type Segment, segmentsOf } from './segments.ts'
import { assertSupported } from './supported.ts'
import { photometric, tag } from './tags.ts'

/** A page of a TIFF: where it stands, how it is stored, and its strips or tiles. */
export interface TiffPage {
  readonly file: TiffFile
  readonly directory: Directory
  readonly layout: ImageLayout
  readonly segments: readonly Segment[]
}

/**
 * Opens page number `at.page`, from 0, of those that {@link findPages} finds.
 * @throws NOT_FOUND, CORRUPT_INPUT, UNSUPPORTED_MEDIA_TYPE, TOO_MANY_PIXELS
 */
export function openPage(source: ByteSource, at: { page: number; limits: Limits }): TiffPage {
  const { file, pages } = findPages(source, at.limits)
  const directory = pages[at.page]
  if (directory === undefined) throw new ImageDocError('NOT_FOUND', 'The image file does not have the page asked for.')
  const layout = readLayout(file, directory)
  assertSupported(layout)
  if (layout.photometric === photometric.palette && !directory.fields.has(tag.colorMap))
    throw new ImageDocError('CORRUPT_INPUT', 'The TIFF file is damaged: the colours of its palette are missing. Get a whole copy of it.')
  const { width, height, tiled, segment } = layout
  // One tile may be far larger than the picture that it is of.
  const largest = Math.max(width * height, tiled ? segment.width * segment.height : 0)
  if (largest > at.limits.pixels) throw tooManyPixels({ width, height }, at.limits)
  return { file, directory, layout, segments: segmentsOf(file, directory, layout) }
}

/** True when the file holds all the bytes that the directory names. */
export function isComplete({ layout, segments }: TiffPage): boolean {
  const across = layout.tiled ? Math.ceil(layout.width / layout.segment.width) : 1
  return segments.length === across * Math.ceil(layout.height / layout.segment.height) && segments.every(({ there }) => there === 1)
}

/** The page as a TIFF of its own, with its descriptions: the other directories of the file can then do it no harm. */
export function pageFile({ file, directory, layout, segments }: TiffPage): Uint8Array {
  const described = describingFields(file, directory)
  const orientation = numberField([layout.orientation], { bytes: 2, little: file.little })
  const fields: Fields = new Map([...described.fields, ...pictureFields({ file, directory, layout })])
  fields.set(tag.orientation, orientation)
  return writeTiff({ fields, below: described.below, parts: partsOf(segments), tiled: layout.tiled, little: file.little })
}

/**
 * Strips that follow one another, or one tile, as a TIFF of strips without descriptions. `segments` stand below each other; the last may be read
 * in part.
 */
export function pieceFile(page: TiffPage, piece: { segments: readonly Segment[]; height: number }): Uint8Array {
  const { file, directory, layout } = page
  const width = piece.segments[0]?.width ?? layout.width
  const segment = { width, height: Math.min(layout.segment.height, piece.height) }
  const fields = pictureFields({ file, directory, layout: { ...layout, width, height: piece.height, tiled: false, segment } })
  fields.delete(tag.orientation)
  const profile = directory.fields.get(tag.iccProfile)
  if (profile) fields.set(tag.iccProfile, copyOf(file, { name: tag.iccProfile, field: profile }))
  return writeTiff({ fields, parts: partsOf(piece.segments), tiled: false, little: file.little })
}

/** Plane after plane, as the field of offsets lists them. */
function partsOf(segments: readonly Segment[]): ByteRange[] {
  const planes = segments[0]?.parts.length ?? 1
  return Array.from({ length: planes }, (_, plane) => segments.map(({ parts }) => parts[plane] as ByteRange)).flat()
}

function pictureFields({ file, directory, layout }: Pick<TiffPage, 'file' | 'directory' | 'layout'>): Fields {
  const { width, height, tiled, segment } = layout
  const long = (value: number) => numberField([value], { bytes: 4, little: file.little })
  const short = (value: number) => numberField([value], { bytes: 2, little: file.little })
  const fields = meaningFields(file, directory)
  for (const [name, value] of [
    [tag.compression, layout.compression],
    [tag.photometric, layout.photometric],
    [tag.fillOrder, layout.fillOrder],
  ] as const)
    fields.set(name, short(value))
  for (const [name, value] of [
    [tag.width, width],
    [tag.height, height],
  ] as const)
    fields.set(name, long(value))
  if (!tiled) return fields.set(tag.rowsPerStrip, long(segment.height))
  return fields.set(tag.tileWidth, long(segment.width)).set(tag.tileHeight, long(segment.height))
}
