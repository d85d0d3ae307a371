import { droppedFields, EXIF_POINTER, type FieldType, GPS_POINTER, keptFields } from './exif-tags.ts'

/** EXIF fields: directory -> name -> text. Numbers are written out, several with blanks between them, fractions as `28/10`. */
export type ExifFields = Record<string, Record<string, string>>

/** What was read, and the names of what is there but is not carried over. */
export interface ReadExif {
  fields: ExifFields
  dropped: string[]
}

/** Bytes of one value by TIFF type (TIFF 6.0, 2): BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SLONG, SRATIONAL, IFD; LONG8 and IFD8 of BigTIFF. */
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4, 16: 8, 18: 8 }
/** A longer field is no note on a picture; the block of a JPEG holds no more. */
const LONGEST = 60_000
const MOST_PAGES = 65_536

interface Reader {
  view: DataView
  little: boolean
  /** BigTIFF: counts and offsets have eight bytes. */
  big: boolean
}

type Directory = (tag: number) => number | undefined

/** Reads the fields worth keeping of an EXIF block; a damaged block gives what could be read, never an error. */
export function readExif(block: Uint8Array): ReadExif {
  const start = startsWith(block, 'Exif\0\0') ? 6 : 0
  return readTiffExif(block.subarray(start), 0)
}

/**
 * The same of a TIFF file, which is itself built as an EXIF block is: the fields of its directory number `page` (from 0) and of the Exif and
 * GPS directories that it names.
 */
export function readTiffExif(file: Uint8Array, page: number): ReadExif {
  const found: ReadExif = { fields: {}, dropped: [] }
  try {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    const little = view.getUint16(0) === 0x4949
    const reader = { view, little, big: view.getUint16(2, little) === 43 }
    const directory = readDirectory(reader, firstDirectory(reader, page), { into: found, name: 'IFD0' })
    for (const [pointer, name] of [[EXIF_POINTER, 'IFD2'] as const, [GPS_POINTER, 'IFD3'] as const]) {
      const entry = directory(pointer)
      if (entry !== undefined) readDirectory(reader, firstNumber(reader, entry), { into: found, name })
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return found
}

function firstDirectory(reader: Reader, page: number): number {
  const { view, little, big } = reader
  let at = big ? long8(view, 8, little) : view.getUint32(4, little)
  for (let index = 0; index < Math.min(page, MOST_PAGES); index++) {
    const count = entriesAt(reader, at)
    const end = at + (big ? 8 + count * 20 : 2 + count * 12)
    at = big ? long8(view, end, little) : view.getUint32(end, little)
    if (at === 0) throw new RangeError('No such page')
  }
  return at
}

const entriesAt = ({ view, little, big }: Reader, at: number): number => (big ? long8(view, at, little) : view.getUint16(at, little))

/** Every field is read for itself: one that is damaged takes no other with it. */
function readDirectory(reader: Reader, at: number, to: { into: ReadExif; name: keyof typeof keptFields }): Directory {
  const names = new Map(Object.entries(keptFields[to.name]).map(([name, [tag, type]]) => [tag, { name, type }]))
  const entries = new Map<number, number>()
  const fields: Record<string, string> = {}
  const [head, step] = reader.big ? [8, 20] : [2, 12]
  const count = Math.min(entriesAt(reader, at), 4096)
  for (let index = 0; index < count && at + head + (index + 1) * step <= reader.view.byteLength; index++) {
    const entry = at + head + index * step
    const tag = reader.view.getUint16(entry, reader.little)
    entries.set(tag, entry)
    const known = names.get(tag)
    if (droppedFields[tag] !== undefined) to.into.dropped.push(droppedFields[tag])
    const value = known === undefined ? undefined : tryValue(reader, entry, known.type)
    if (known !== undefined && value === undefined) to.into.dropped.push(known.name)
    if (known !== undefined && value) fields[known.name] = value
  }
  if (Object.keys(fields).length > 0) to.into.fields[to.name] = fields
  return (tag) => entries.get(tag)
}

/** The text of a value, '' when it is empty, undefined when it cannot be read. */
function tryValue(reader: Reader, entry: number, as: FieldType): string | undefined {
  try {
    return readValue(reader, entry, as)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readValue(reader: Reader, entry: number, as: FieldType): string | undefined {
  const { view, little, big } = reader
  const type = view.getUint16(entry + 2, little)
  const count = big ? long8(view, entry + 4, little) : view.getUint32(entry + 4, little)
  const size = sizes[type]
  if (size === undefined || size * count > LONGEST) return undefined
  const field = entry + (big ? 12 : 8)
  const at = size * count <= (big ? 8 : 4) ? field : big ? long8(view, field, little) : view.getUint32(field, little)
  if (at + size * count > view.byteLength) throw new RangeError('EXIF value beyond the block')
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size * count)
  if (as === 'wide') return cut(new TextDecoder('utf-16le').decode(bytes))
  if (as === 'comment') return readComment(bytes, little)
  // Copyright holds two texts, the photographer's and the editor's, with a zero between them (EXIF 2.32, 4.6.4).
  if (as === 'ascii') return copyrightOf(readText(bytes))
  return Array.from({ length: count }, (_, index) => readNumber(view, at + index * size, { type, little })).join(' ')
}

const copyrightOf = (text: string): string =>
  text
    .split('\0')
    .map((part) => part.trimEnd())
    .join('\0')
    .replace(/\0+$/, '')

/** UTF-8, which is what programs write today; where it is none, Latin-1. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('latin1').decode(bytes)
  }
}

const cut = (text: string): string => text.replace(/\0[\s\S]*$/, '').trimEnd()

/** Eight bytes name the encoding (EXIF 2.32, table 9); the text follows. */
function readComment(bytes: Uint8Array, little: boolean): string {
  const rest = bytes.subarray(8)
  if (startsWith(bytes, 'UNICODE')) return cut(new TextDecoder(utf16Of(rest, little)).decode(rest))
  if (startsWith(bytes, 'JIS')) return cut(new TextDecoder('iso-2022-jp').decode(rest))
  const named = startsWith(bytes, 'ASCII') || bytes.subarray(0, 8).every((byte) => byte === 0)
  return cut(readText(named ? rest : bytes))
}

/** Some programs write the other byte order than the block's: letters have their zeros where the high bytes are. */
function utf16Of(bytes: Uint8Array, little: boolean): 'utf-16le' | 'utf-16be' {
  let even = 0
  let odd = 0
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    if (bytes[at] === 0) even++
    if (bytes[at + 1] === 0) odd++
  }
  return (even === odd ? little : odd > even) ? 'utf-16le' : 'utf-16be'
}

function readNumber(view: DataView, at: number, { type, little }: { type: number; little: boolean }): string {
  if (type === 5) return `${view.getUint32(at, little)}/${view.getUint32(at + 4, little)}`
  if (type === 10) return `${view.getInt32(at, little)}/${view.getInt32(at + 4, little)}`
  if (type === 3) return String(view.getUint16(at, little))
  if (type === 8) return String(view.getInt16(at, little))
  if (type === 4 || type === 13) return String(view.getUint32(at, little))
  if (type === 9) return String(view.getInt32(at, little))
  if (type === 16 || type === 18) return String(long8(view, at, little))
  return String(type === 6 ? view.getInt8(at) : view.getUint8(at))
}

function firstNumber(reader: Reader, entry: number): number {
  const at = entry + (reader.big ? 12 : 8)
  const type = reader.view.getUint16(entry + 2, reader.little)
  return type === 16 || type === 18 ? long8(reader.view, at, reader.little) : reader.view.getUint32(at, reader.little)
}

function long8(view: DataView, at: number, little: boolean): number {
  const value = Number(view.getBigUint64(at, little))
  if (!Number.isSafeInteger(value)) throw new RangeError('TIFF offset beyond any file')
  return value
}

/** True when the bytes begin with these (Latin-1) letters. */
export function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((letter, index) => bytes[index] === letter.charCodeAt(0))
}
