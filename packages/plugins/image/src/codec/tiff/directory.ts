import { ImageDocError } from '@imagedoc/core'
import type { ByteSource } from '../byte-source.ts'
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
/** The header of a BigTIFF, the longer one. */
const HEAD = 16
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
  readonly source: ByteSource
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
export function openTiff(source: ByteSource): TiffFile {
  if (source.size < 8) throw new ImageDocError('CORRUPT_INPUT', 'The TIFF file ends within its header; get a whole copy of it.')
  const head = source.read(0, 4)
  const little = head[0] === 0x49
  return { source, little, big: source.size > 16 && viewOf(head).getUint16(2, little) === 43 }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength)

/** The directories of the main chain, `most` at most. @throws CORRUPT_INPUT when not even the first one is inside the file */
export function readChain(file: TiffFile, most: number): Chain {
  const directories: Directory[] = []
  const seen = new Set<number>()
  let next = pointerAt(viewOf(file.source.read(0, HEAD)), file.big ? 8 : 4, file)
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
  const { source, little, big } = file
  const [countSize, entrySize, pointerSize] = big ? [8, 20, 8] : [2, 12, 4]
  if (offset < 8 || offset + countSize > source.size) return null
  const head = viewOf(source.read(offset, offset + countSize))
  const count = big ? pointerAt(head, 0, file) : head.getUint16(0, little)
  const start = offset + countSize
  const end = start + count * entrySize
  if (count === 0 || !(end <= source.size)) return null
  const fields = new Map<number, Field>()
  const entries = viewOf(source.read(start, start + Math.min(count, MOST_ENTRIES) * entrySize))
  for (let entry = 0; entry < entries.byteLength; entry += entrySize) {
    const field = readField(file, { view: entries, entry, start })
    if (field) fields.set(entries.getUint16(entry, little), field)
  }
  const next = end + pointerSize <= source.size ? pointerAt(viewOf(source.read(end, end + pointerSize)), 0, file) : null
  return { directory: { offset, fields }, next }
}

/** @param at an entry of a directory whose entries begin at byte `start` of the file */
function readField(file: TiffFile, { view, entry, start }: { view: DataView; entry: number; start: number }): Field | undefined {
  const { source, little, big } = file
  const type = view.getUint16(entry + 2, little)
  const size = SIZES[type]
  const count = pointerAt(view, entry + 4, file)
  if (size === undefined || count === 0) return undefined
  const inline = entry + (big ? 12 : 8)
  const at = size * count <= (big ? 8 : 4) ? start + inline : pointerAt(view, inline, file)
  // A count of 2^32 or an offset beyond the end is a field that is not there.
  return at + size * count <= source.size ? { type, count, at } : undefined
}

/** A count or an offset: four bytes, eight in BigTIFF. Beyond 2^53 a number is no longer exact, and far beyond every file. */
function pointerAt(view: DataView, at: number, { little, big }: TiffFile): number {
  return big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little)
}

/** The values of a field as numbers; a rational with the denominator 0 is NaN. Undefined when it is not there. */
export function readNumbers(file: TiffFile, directory: Directory, name: number): number[] | undefined {
  const field = directory.fields.get(name)
  return field && numbersOf(file, field)
}

/** The first value of a field. */
export function readFirst(file: TiffFile, directory: Directory, name: number): number | undefined {
  const field = directory.fields.get(name)
  return field && numbersOf(file, { ...field, count: 1 })[0]
}

/** The bytes of a field's values, in the file's byte order. */
export function readRaw({ source }: TiffFile, field: Field): Uint8Array {
  return source.read(field.at, field.at + bytesOf(field))
}

const sizeOf = ({ type }: Field): number => SIZES[type] ?? 1
/** Of a field's values. */
export const bytesOf = (field: Field): number => field.count * sizeOf(field)

function numbersOf(file: TiffFile, field: Field): number[] {
  const view = viewOf(readRaw(file, field))
  return Array.from({ length: field.count }, (_, index) =>
    readNumber(view, index * sizeOf(field), { type: field.type, little: file.little }),
  )
}

function readNumber(view: DataView, at: number, { type, little }: { type: number; little: boolean }): number {
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
