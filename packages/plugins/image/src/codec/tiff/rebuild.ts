import { type ByteRange, inMemory } from '../byte-source.ts'
import { bytesOf, type Directory, type Field, readDirectory, readFirst, readNumbers, readRaw, type TiffFile } from './directory.ts'
import { tag } from './tags.ts'

/** A field to write: its type, its number of values and their bytes in the file's byte order. */
export interface NewField {
  readonly type: number
  readonly count: number
  readonly bytes: Uint8Array
}
/** Fields by tag. */
export type Fields = Map<number, NewField>

/** A TIFF with one directory, to be written. */
export interface NewTiff {
  readonly fields: Fields
  /** Directories that the first one points to, by the tag of the pointer: EXIF and GPS. */
  readonly below?: ReadonlyMap<number, Fields>
  /** Strip after strip, or tile after tile; of separate planes, plane after plane. */
  readonly parts: readonly ByteRange[]
  readonly tiled: boolean
  readonly little: boolean
}

/** What the meaning of the samples rests on; 293 is T6Options, 529 to 532 are of YCbCr. Size, strips and tiles are written anew. */
const MEANING: readonly number[] = [
  ...[tag.bits, tag.compression, tag.photometric, tag.fillOrder, tag.orientation, tag.samples, tag.planar, tag.t4Options, 293],
  ...[tag.predictor, tag.colorMap, tag.inkSet, tag.extraSamples, tag.sampleFormat, tag.jpegTables, 529, tag.ycbcrSubsampling, 531, 532],
]
/** Not taken over: what is of the old file's places (free space, other directories), and the resolution, which the codec reads itself. */
const OF_THE_FILE: readonly number[] = [
  ...[tag.newSubfileType, tag.subfileType, tag.width, tag.height, tag.rowsPerStrip, tag.xResolution, tag.yResolution, tag.resolutionUnit],
  ...[tag.stripOffsets, tag.stripByteCounts, tag.tileWidth, tag.tileHeight, tag.tileOffsets, tag.tileByteCounts, tag.subDirectories],
  ...[288, 289, tag.exif, tag.gps],
]
const PROFILES: readonly number[] = [700, 33723, 34377, 34675]
/** A private field that is longer holds data of another program. */
const LONGEST_TEXT = 65_536

/** The fields that give the samples their meaning. */
export function meaningFields(file: TiffFile, directory: Directory): Fields {
  return new Map(
    [...directory.fields].filter(([name]) => MEANING.includes(name)).map(([name, field]) => [name, copyOf(file, { name, field })]),
  )
}

/** The fields that describe the page: texts, dates, profiles, and EXIF and GPS below. */
export function describingFields(file: TiffFile, directory: Directory): { fields: Fields; below: Map<number, Fields> } {
  const isText = (name: number, field: Field): boolean => PROFILES.includes(name) || bytesOf(field) <= LONGEST_TEXT
  const copied = (from: Directory): Fields =>
    new Map(
      [...from.fields]
        .filter(([name, field]) => !MEANING.includes(name) && !OF_THE_FILE.includes(name) && isText(name, field))
        .map(([name, field]) => [name, copyOf(file, { name, field })]),
    )
  const below = new Map<number, Fields>()
  for (const pointer of [tag.exif, tag.gps]) {
    const at = readFirst(file, directory, pointer)
    const read = at === undefined ? null : readDirectory(file, at)
    if (read && read.directory.fields.size > 0) below.set(pointer, copied(read.directory))
  }
  return { fields: copied(directory), below }
}

/** A field of a file as it is to be written. */
export function copyOf(file: TiffFile, { field, name }: { name: number; field: Field }): NewField {
  // The eight-byte numbers of BigTIFF do not exist in the TIFF that is written.
  if (field.type >= 16)
    return numberField(readNumbers(file, { offset: 0, fields: new Map([[name, field]]) }, name) ?? [], { bytes: 4, little: file.little })
  return { type: field.type, count: field.count, bytes: readRaw(file, field) }
}

/** A field of whole numbers of 2 or 4 bytes. */
export function numberField(values: readonly number[], as: { bytes: 2 | 4; little: boolean }): NewField {
  const view = new DataView(new ArrayBuffer(values.length * as.bytes))
  for (const [index, value] of values.entries()) {
    if (as.bytes === 2) view.setUint16(index * 2, value, as.little)
    else view.setUint32(index * 4, value, as.little)
  }
  return { type: as.bytes === 2 ? 3 : 4, count: values.length, bytes: new Uint8Array(view.buffer) }
}

/** Writes header, directory, the directories below it and the data (TIFF 6.0, section 2). */
export function writeTiff({ fields, below = new Map(), parts, tiled, little }: NewTiff): Uint8Array {
  const all: Fields = new Map(fields)
  const long = (values: readonly number[]): NewField => numberField(values, { bytes: 4, little })
  const starts = parts.map(() => 0)
  all.set(tiled ? tag.tileByteCounts : tag.stripByteCounts, long(parts.map((part) => part.size)))
  all.set(tiled ? tag.tileOffsets : tag.stripOffsets, long(starts))
  for (const pointer of below.keys()) all.set(pointer, long([0]))
  let end = 8 + sizeOf(all)
  const blocks: [at: number, bytes: ByteRange][] = []
  for (const [pointer, lower] of below) {
    blocks.push([end, inMemory(directoryBytes(lower, end, little))])
    all.set(pointer, long([end]))
    end += sizeOf(lower)
  }
  for (const [index, part] of parts.entries()) {
    starts[index] = end
    blocks.push([end, part])
    end += even(part.size)
  }
  all.set(tiled ? tag.tileOffsets : tag.stripOffsets, long(starts))
  const out = new Uint8Array(end)
  const view = new DataView(out.buffer)
  view.setUint16(0, little ? 0x4949 : 0x4d4d)
  view.setUint16(2, 42, little)
  view.setUint32(4, 8, little)
  out.set(directoryBytes(all, 8, little), 8)
  for (const [at, bytes] of blocks) bytes.copy(out.subarray(at, at + bytes.size), 0)
  return out
}

const even = (length: number): number => length + (length % 2)

function sizeOf(fields: Fields): number {
  let size = 2 + fields.size * 12 + 4
  for (const { bytes } of fields.values()) if (bytes.length > 4) size += even(bytes.length)
  return size
}

/** A directory that will stand at byte `at`, with the values of its fields behind it. */
function directoryBytes(fields: Fields, at: number, little: boolean): Uint8Array {
  const out = new Uint8Array(sizeOf(fields))
  const view = new DataView(out.buffer)
  view.setUint16(0, fields.size, little)
  let values = 2 + fields.size * 12 + 4
  for (const [index, [name, { type, count, bytes }]] of [...fields].sort(([a], [b]) => a - b).entries()) {
    const entry = 2 + index * 12
    view.setUint16(entry, name, little)
    view.setUint16(entry + 2, type, little)
    view.setUint32(entry + 4, count, little)
    out.set(bytes, bytes.length > 4 ? values : entry + 8)
    if (bytes.length <= 4) continue
    view.setUint32(entry + 8, at + values, little)
    values += even(bytes.length)
  }
  return out
}
