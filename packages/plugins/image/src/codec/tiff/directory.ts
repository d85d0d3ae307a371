import { ImageDocError } from '@imagedoc/core'
import { tag } from './tags.ts'

/** Bytes of one value by field type (TIFF 6.0, section 2; BigTIFF adds 16 to 18). */
const SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}
/** libtiff itself warns above this; only damage and attacks have more. */
const MOST_ENTRIES = 4096
const MOST_SUB_DIRECTORIES = 256

/** One field of a directory: where its values stand in the file. */
export interface Field {
  readonly type: number
  readonly count: number
  /** First byte of the values; they lie inside the file. */
  readonly at: number
}
/** One image file directory. Fields whose values lie outside the file are left out. */
export interface Directory {
  /** Position of the directory in the file, in bytes. */
  readonly offset: number
  readonly fields: ReadonlyMap<number, Field>
}
/** A TIFF or BigTIFF file, opened. */
export interface TiffFile {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly little: boolean
  readonly big: boolean
}
/** The main chain of directories. */
export interface Chain {
  readonly directories: readonly Directory[]
  /** How it ends: as it should, at an offset or directory outside the file, at a directory that was there before, or at the bound. */
  readonly end: 'whole' | 'cut' | 'loop' | 'bound'
}

/** @throws CORRUPT_INPUT when the header is cut or is none of TIFF */
export function openTiff(bytes: Uint8Array): TiffFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const big = bytes.length > 16 && view.getUint16(2, little) === 43
  if (bytes.length < 8) throw new ImageDocError('CORRUPT_INPUT', 'The TIFF file ends within its header; get a whole copy of it.')
  return { bytes, view, little, big }
}

/** The directories of the main chain, `most` at most. @throws CORRUPT_INPUT when not even the first one is inside the file */
export function readChain(file: TiffFile, most: number): Chain {
  const directories: Directory[] = []
  const seen = new Set<number>()
  let next = file.big ? offset8(file, 8) : file.view.getUint32(4, file.little)
  while (next !== 0) {
    if (seen.has(next)) return { directories, end: 'loop' }
    if (directories.length >= most) return { directories, end: 'bound' }
    seen.add(next)
    const read = readDirectory(file, next)
    if (read === null) break
    directories.push(read.directory)
    if (read.next === null) return { directories, end: 'cut' }
    next = read.next
  }
  if (directories.length === 0)
    throw new ImageDocError(
      'CORRUPT_INPUT',
      'The TIFF file is damaged or cut off: its first directory lies outside the file. Get a whole copy of it.',
    )
  return { directories, end: next === 0 ? 'whole' : 'cut' }
}

/** The directories that a directory names as its own; `lost` when one of them is outside the file. */
export function readSubDirectories(file: TiffFile, parent: Directory): { directories: Directory[]; lost: boolean } {
  const offsets = readNumbers(file, parent, tag.subDirectories)?.slice(0, MOST_SUB_DIRECTORIES) ?? []
  const read = offsets.map((offset) => readDirectory(file, offset)?.directory)
  const directories = read.filter((directory) => directory !== undefined)
  return { directories, lost: directories.length < read.length }
}

/** A directory and the offset of the next one (null where the file ends before it); null when the directory is not whole. */
export function readDirectory(file: TiffFile, offset: number): { directory: Directory; next: number | null } | null {
  const { view, little, big } = file
  const [countSize, entrySize, pointerSize] = big ? [8, 20, 8] : [2, 12, 4]
  if (offset < 8 || offset + countSize > view.byteLength) return null
  const count = big ? offset8(file, offset) : view.getUint16(offset, little)
  const start = offset + countSize
  const end = start + count * entrySize
  if (count === 0 || !(end <= view.byteLength)) return null
  const fields = new Map<number, Field>()
  for (let index = 0; index < Math.min(count, MOST_ENTRIES); index++) {
    const entry = start + index * entrySize
    const field = readField(file, entry)
    if (field) fields.set(view.getUint16(entry, little), field)
  }
  const whole = end + pointerSize <= view.byteLength
  const next = whole ? (big ? offset8(file, end) : view.getUint32(end, little)) : null
  return { directory: { offset, fields }, next }
}

function readField(file: TiffFile, entry: number): Field | undefined {
  const { view, little, big } = file
  const type = view.getUint16(entry + 2, little)
  const size = SIZES[type]
  const count = big ? offset8(file, entry + 4) : view.getUint32(entry + 4, little)
  if (size === undefined || count === 0) return undefined
  const inline = entry + (big ? 12 : 8)
  const at = size * count <= (big ? 8 : 4) ? inline : big ? offset8(file, inline) : view.getUint32(inline, little)
  // A count of 2^32 or an offset beyond the end is a field that is not there.
  return at + size * count <= view.byteLength ? { type, count, at } : undefined
}

/** The values of a field as numbers; a rational with the denominator 0 is NaN. Undefined when it is not there. */
export function readNumbers(file: TiffFile, directory: Directory, name: number): number[] | undefined {
  const field = directory.fields.get(name)
  if (!field) return undefined
  const size = SIZES[field.type] ?? 1
  return Array.from({ length: field.count }, (_, index) => readNumber(file, field.type, field.at + index * size))
}

/** The first value of a field. */
export function readFirst(file: TiffFile, directory: Directory, name: number): number | undefined {
  const field = directory.fields.get(name)
  return field && readNumber(file, field.type, field.at)
}

/** The bytes of a field's values, in the file's byte order. */
export function readRaw(file: TiffFile, field: Field): Uint8Array {
  return file.bytes.subarray(field.at, field.at + field.count * (SIZES[field.type] ?? 1))
}

function readNumber({ view, little }: TiffFile, type: number, at: number): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little)
    case 4:
    case 13:
      return view.getUint32(at, little)
    case 5:
      return ratio(view.getUint32(at, little), view.getUint32(at + 4, little))
    case 6:
      return view.getInt8(at)
    case 8:
      return view.getInt16(at, little)
    case 9:
      return view.getInt32(at, little)
    case 10:
      return ratio(view.getInt32(at, little), view.getInt32(at + 4, little))
    case 11:
      return view.getFloat32(at, little)
    case 12:
      return view.getFloat64(at, little)
    case 16:
    case 17:
    case 18:
      return Number(view.getBigUint64(at, little))
    default:
      return view.getUint8(at)
  }
}

const ratio = (top: number, bottom: number): number => (bottom === 0 ? Number.NaN : top / bottom)
/** Beyond 2^53 a number is no longer exact, and far beyond every file. */
const offset8 = ({ view, little }: TiffFile, at: number): number => Number(view.getBigUint64(at, little))
