import type { ExifFields } from './exif.ts'
import { EXIF_POINTER, type FieldType, GPS_POINTER, keptFields } from './exif-tags.ts'

/** A field of a TIFF directory. `bytes` are its values in little-endian order, or with `raw` the four bytes of the entry itself. */
export interface Entry {
  tag: number
  type: number
  count: number
  bytes: Uint8Array
  raw?: boolean
}

const HEADER = 8
const NO_UNIT = 1
const INCH = 2
/** TIFF 6.0, 2. */
const numbers: Readonly<Record<FieldType, number>> = {
  byte: 1,
  ascii: 2,
  short: 3,
  long: 4,
  rational: 5,
  undefined: 7,
  srational: 10,
  wide: 1,
  comment: 7,
}

/** An EXIF block (little-endian, without the marker `Exif`), with the density; undefined when there is nothing to write. */
export function writeExif(fields: ExifFields, density: number | null): Uint8Array | undefined {
  if (density === null && !hasFields(fields)) return undefined
  // Without these fields Pillow takes a JPEG for one of 72 dots per inch.
  const first = resolution(density)
  const header = Uint8Array.of(0x49, 0x49, 0x2a, 0, HEADER, 0, 0, 0)
  return Buffer.concat([header, writeDirectories(fields, first, HEADER)])
}

/** IFD0 (with `first` among its fields), then those of Exif and GPS, to lie at byte `at` of a file. */
export function writeDirectories(fields: ExifFields, first: readonly Entry[], at: number): Uint8Array {
  const exif = entriesOf(fields, 'IFD2')
  const gps = entriesOf(fields, 'IFD3')
  // EXIF 2.32, 4.6.5 A and 4.6.6 A: both versions are mandatory.
  if (exif.length > 0) exif.push({ tag: 0x9000, type: 7, count: 4, bytes: Buffer.from('0232', 'latin1') })
  if (gps.length > 0 && !gps.some(({ tag }) => tag === 0)) gps.push({ tag: 0, type: 1, count: 4, bytes: Uint8Array.of(2, 3, 0, 0) })
  const own = entriesOf(fields, 'IFD0')
  const main = [...first.filter(({ tag }) => !own.some((entry) => entry.tag === tag)), ...own]
  const pointers = (exifAt: number, gpsAt: number): Entry[] => [
    ...(exif.length > 0 ? [longEntry(EXIF_POINTER, exifAt)] : []),
    ...(gps.length > 0 ? [longEntry(GPS_POINTER, gpsAt)] : []),
  ]
  const exifAt = at + directory([...main, ...pointers(0, 0)], 0).length
  const exifBytes = exif.length > 0 ? directory(exif, exifAt) : new Uint8Array(0)
  const gpsAt = exifAt + exifBytes.length
  const gpsBytes = gps.length > 0 ? directory(gps, gpsAt) : new Uint8Array(0)
  return Buffer.concat([directory([...main, ...pointers(exifAt, gpsAt)], at), exifBytes, gpsBytes])
}

/** True when there is any field. */
export function hasFields(fields: ExifFields): boolean {
  return Object.values(fields).some((tags) => Object.keys(tags).length > 0)
}

/** XResolution, YResolution and ResolutionUnit (TIFF 6.0, 8): of an unknown density 1, 1 and "no unit". */
export function resolution(density: number | null): Entry[] {
  const value = fraction(density ?? 1)
  const bytes = words([value[0], value[1]])
  return [
    { tag: 0x011a, type: 5, count: 1, bytes },
    { tag: 0x011b, type: 5, count: 1, bytes },
    { tag: 0x0128, type: 3, count: 1, bytes: Uint8Array.of(density === null ? NO_UNIT : INCH, 0) },
  ]
}

/** The nearest fraction of two 32-bit numbers, exact for what a fraction of small numbers gave: 72.5 is 145/2. */
export function fraction(value: number): readonly [number, number] {
  let best: readonly [number, number] = [Math.max(1, Math.round(value)), 1]
  for (let denominator = 1; denominator <= 10_000; denominator++) {
    const numerator = Math.round(value * denominator)
    if (numerator > 0xffff_ffff) break
    if (Math.abs(numerator / denominator - value) < Math.abs(best[0] / best[1] - value)) best = [numerator, denominator]
    if (best[0] / best[1] === value) break
  }
  return best
}

const words = (values: readonly number[]): Uint8Array => {
  const out = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) out.writeInt32LE(value | 0, index * 4)
  return out
}

const longEntry = (tag: number, value: number): Entry => ({ tag, type: 4, count: 1, bytes: words([value]) })

function entriesOf(fields: ExifFields, name: keyof typeof keptFields): Entry[] {
  return Object.entries(fields[name] ?? {}).flatMap(([field, value]) => {
    const known = keptFields[name][field]
    const entry = known && typeof value === 'string' ? entryOf(known[0], known[1], value) : undefined
    return entry ? [entry] : []
  })
}

function entryOf(tag: number, as: FieldType, value: string): Entry | undefined {
  if (as === 'ascii') return counted(tag, 2, Buffer.from(`${value}\0`, 'utf8'))
  if (as === 'wide') return counted(tag, 1, Buffer.from(`${value}\0`, 'utf16le'))
  if (as === 'comment') return counted(tag, 7, comment(value))
  const given = value.split(' ').map((part) => part.split('/').map(Number))
  const isFraction = as === 'rational' || as === 'srational'
  if (given.some((parts) => parts.length > 2 || parts.some((part) => !Number.isInteger(part)))) return undefined
  if (isFraction) {
    const type = given.flat().some((part) => part < 0) ? numbers.srational : numbers[as]
    return { tag, type, count: given.length, bytes: words(given.flatMap(([above = 0, below = 1]) => [above, below])) }
  }
  const whole = given.map(([number = 0]) => number)
  // Some programs write numbers beyond 65535 where the standard has 16 bits.
  if (as === 'long' || whole.some((number) => number > 0xffff)) return { tag, type: 4, count: whole.length, bytes: words(whole) }
  if (as === 'short') return { tag, type: 3, count: whole.length, bytes: new Uint8Array(Uint16Array.from(whole).buffer) }
  return { tag, type: numbers[as], count: whole.length, bytes: Uint8Array.from(whole) }
}

const counted = (tag: number, type: number, bytes: Uint8Array): Entry => ({ tag, type, count: bytes.length, bytes })

/** EXIF 2.32, table 9: UTF-16 in the block's byte order, unless ASCII does. */
function comment(text: string): Uint8Array {
  const plain = [...text].every((letter) => letter.charCodeAt(0) < 128)
  const [code, encoding] = plain ? (['ASCII\0\0\0', 'latin1'] as const) : (['UNICODE\0', 'utf16le'] as const)
  return Buffer.concat([Buffer.from(code, 'latin1'), Buffer.from(text, encoding)])
}

/** A directory and behind it the values that do not fit into its entries, to lie at byte `at`. */
function directory(entries: readonly Entry[], at: number): Uint8Array {
  const sorted = [...entries].sort((one, other) => one.tag - other.tag)
  const head = Buffer.alloc(2 + sorted.length * 12 + 4)
  const behind: Uint8Array[] = []
  let next = at + head.length
  head.writeUInt16LE(sorted.length, 0)
  for (const [index, { tag, type, count, bytes, raw }] of sorted.entries()) {
    const entry = 2 + index * 12
    head.writeUInt16LE(tag, entry)
    head.writeUInt16LE(type, entry + 2)
    head.writeUInt32LE(count, entry + 4)
    if (raw || bytes.length <= 4) head.set(bytes, entry + 8)
    else {
      head.writeUInt32LE(next, entry + 8)
      // Values begin at even bytes (TIFF 6.0, 2).
      const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Uint8Array.of(0)])
      behind.push(padded)
      next += padded.length
    }
  }
  return Buffer.concat([head, ...behind])
}
