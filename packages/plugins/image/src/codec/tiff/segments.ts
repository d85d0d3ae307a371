import { type ByteRange, inMemory, rangeOf } from '../byte-source.ts'
import { type Directory, readNumbers, type TiffFile } from './directory.ts'
import type { ImageLayout } from './image-layout.ts'
import { tag } from './tags.ts'

/** A strip or tile: its place in the stored grid and its bytes, one part for each plane. */
export interface Segment {
  readonly x: number
  readonly y: number
  readonly width: number
  /** Of a last strip: the rows that are left. Of a tile: always the whole tile. */
  readonly height: number
  readonly parts: readonly ByteRange[]
  /** Share of its bytes that lie inside the file, 0 to 1. */
  readonly there: number
}

/** Strips from top to bottom, or tiles row by row. A strip or tile that the directory does not list has no bytes. */
export function segmentsOf(file: TiffFile, directory: Directory, layout: ImageLayout): Segment[] {
  const offsets = readNumbers(file, directory, layout.tiled ? tag.tileOffsets : tag.stripOffsets) ?? []
  const across = layout.tiled ? Math.ceil(layout.width / layout.segment.width) : 1
  const down = Math.ceil(layout.height / layout.segment.height)
  const counts = countsOf(file, directory, { layout, offsets })
  const planes = layout.planar ? layout.samples : 1
  const segments: Segment[] = []
  // What no offset names has no bytes; a picture of a billion such strips must not become a billion objects.
  const listed = Math.min(across * down, offsets.length)
  for (let index = 0; index < listed; index++) {
    const bytesOf = (plane: number): Part => partOf(file, offsets[index + plane * across * down], counts[index + plane * across * down])
    const parts = Array.from({ length: planes }, (_, plane) => bytesOf(plane))
    const [column, row] = [index % across, Math.floor(index / across)]
    const y = row * layout.segment.height
    segments.push({
      x: column * layout.segment.width,
      y,
      width: layout.segment.width,
      height: layout.tiled ? layout.segment.height : Math.min(layout.segment.height, layout.height - y),
      parts: parts.map(({ bytes }) => bytes),
      there: Math.min(...parts.map(({ there }) => there)),
    })
  }
  return segments
}

/** The share of the picture whose strips or tiles lie outside the file, 0 to 1: what the directory alone shows. */
export function missingShare(segments: readonly Segment[], layout: ImageLayout): number {
  let there = 0
  for (const segment of segments) there += segment.there * areaInside(segment, layout)
  return 1 - there / (layout.width * layout.height)
}

/** True when bytes that the directory names lie beyond the end of the file. */
export const isAnyCut = (segments: readonly Segment[]): boolean => segments.some(({ there }) => there < 1)

/** Pixels of a segment that belong to the picture; a tile at the edge is larger than its part of it. */
export function areaInside(
  { x, y, width, height }: Pick<Segment, 'x' | 'y' | 'width' | 'height'>,
  image: { width: number; height: number },
): number {
  return Math.max(0, Math.min(width, image.width - x)) * Math.max(0, Math.min(height, image.height - y))
}

/** Bytes of one row of a segment's part before it is compressed. */
export function rowBytes({ layout, width }: { layout: ImageLayout; width: number }): number {
  return Math.ceil((width * (layout.planar ? 1 : layout.samples) * (layout.bits[0] ?? 1)) / 8)
}

interface Part {
  bytes: ByteRange
  there: number
}

function partOf({ source }: TiffFile, offset: number | undefined, count: number | undefined): Part {
  if (!offset || !count || offset >= source.size) return { bytes: inMemory(new Uint8Array(0)), there: 0 }
  return { bytes: rangeOf(source, offset, offset + count), there: Math.min(1, (source.size - offset) / count) }
}

/** Old writers leave the counts out, or 0 in the only one: then the bytes reach to the next strip or the end of the file, as libtiff takes them. */
function countsOf(file: TiffFile, directory: Directory, of: { layout: ImageLayout; offsets: readonly number[] }): readonly number[] {
  const given = readNumbers(file, directory, of.layout.tiled ? tag.tileByteCounts : tag.stripByteCounts)
  const single = of.offsets.length === 1
  if (given && !(single && given[0] === 0)) return given
  const { layout, offsets } = of
  const raw = Math.ceil((layout.segment.width * layout.segment.height * layout.samples * (layout.bits[0] ?? 1)) / 8)
  if (layout.compression === 1 && single) return [raw]
  const sorted = [...offsets, file.source.size].sort((a, b) => a - b)
  return offsets.map((offset) => Math.max(0, (sorted.find((other) => other > offset) ?? offset) - offset))
}
