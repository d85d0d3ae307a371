/** EXIF fields as libvips takes them back: block -> tag -> text. */
export type ExifFields = Record<string, Record<string, string>>

// Tags worth keeping (EXIF 2.32, 4.6.4 to 4.6.6). Not those that describe the pixels' layout: they would be wrong after the first step.
const ifd0: Record<number, string> = {
  0x010e: 'ImageDescription',
  0x010f: 'Make',
  0x0110: 'Model',
  0x0131: 'Software',
  0x0132: 'DateTime',
  0x013b: 'Artist',
  0x8298: 'Copyright',
}
const exif: Record<number, string> = {
  0x829a: 'ExposureTime',
  0x829d: 'FNumber',
  0x8827: 'ISOSpeedRatings',
  0x9003: 'DateTimeOriginal',
  0x9004: 'DateTimeDigitized',
  0x9010: 'OffsetTime',
  0x9011: 'OffsetTimeOriginal',
  0x920a: 'FocalLength',
  0xa420: 'ImageUniqueID',
  0xa430: 'CameraOwnerName',
  0xa431: 'BodySerialNumber',
  0xa433: 'LensMake',
  0xa434: 'LensModel',
}
const gps: Record<number, string> = {
  1: 'GPSLatitudeRef',
  2: 'GPSLatitude',
  3: 'GPSLongitudeRef',
  4: 'GPSLongitude',
  5: 'GPSAltitudeRef',
  6: 'GPSAltitude',
  29: 'GPSDateStamp',
}
const EXIF_POINTER = 0x8769
const GPS_POINTER = 0x8825
/** Bytes of one value by TIFF type: BYTE, ASCII, SHORT, LONG, RATIONAL. */
const sizes: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 }

interface Reader {
  view: DataView
  little: boolean
}

/** Reads the fields worth keeping; a damaged block gives what could be read, never an error. */
export function readExif(block: Uint8Array): ExifFields {
  const start = new TextDecoder('latin1').decode(block.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0
  const view = new DataView(block.buffer, block.byteOffset + start, block.byteLength - start)
  const fields: ExifFields = {}
  try {
    const reader = { view, little: view.getUint16(0) === 0x4949 }
    const pointers: Record<number, number> = {}
    readDirectory(reader, view.getUint32(4, reader.little), { names: ifd0, into: block0(fields, 'IFD0'), pointers })
    // libvips counts the thumbnail's directory as IFD1, hence Exif is IFD2 and GPS is IFD3.
    if (pointers[EXIF_POINTER]) readDirectory(reader, pointers[EXIF_POINTER], { names: exif, into: block0(fields, 'IFD2'), pointers })
    if (pointers[GPS_POINTER]) readDirectory(reader, pointers[GPS_POINTER], { names: gps, into: block0(fields, 'IFD3'), pointers })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return Object.fromEntries(Object.entries(fields).filter(([, tags]) => Object.keys(tags).length > 0))
}

function block0(fields: ExifFields, name: string): Record<string, string> {
  fields[name] = {}
  return fields[name]
}

function readDirectory(
  reader: Reader,
  offset: number,
  to: { names: Record<number, string>; into: Record<string, string>; pointers: Record<number, number> },
): void {
  const { view, little } = reader
  const count = view.getUint16(offset, little)
  for (let index = 0; index < count; index++) {
    const entry = offset + 2 + index * 12
    const tag = view.getUint16(entry, little)
    if (tag === EXIF_POINTER || tag === GPS_POINTER) to.pointers[tag] = view.getUint32(entry + 8, little)
    const name = to.names[tag]
    const value = name === undefined ? undefined : readValue(reader, entry)
    if (name !== undefined && value) to.into[name] = value
  }
}

function readValue({ view, little }: Reader, entry: number): string | undefined {
  const type = view.getUint16(entry + 2, little)
  const count = view.getUint32(entry + 4, little)
  const size = sizes[type]
  // No field above is longer than a page of text; a larger count is damage.
  if (size === undefined || count > 4096) return undefined
  const at = size * count <= 4 ? entry + 8 : view.getUint32(entry + 8, little)
  if (type === 2) return readText(view, at, count)
  const values = Array.from({ length: count }, (_, index) => readNumber(view, at + index * size, { type, little }))
  return values.join(' ')
}

function readText(view: DataView, at: number, count: number): string {
  if (at + count > view.byteLength) throw new RangeError('EXIF text beyond the block')
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, count)
  return new TextDecoder()
    .decode(bytes)
    .replace(/\0[\s\S]*$/, '')
    .trim()
}

function readNumber(view: DataView, at: number, { type, little }: { type: number; little: boolean }): string {
  if (type === 1) return String(view.getUint8(at))
  if (type === 3) return String(view.getUint16(at, little))
  if (type === 4) return String(view.getUint32(at, little))
  return `${view.getUint32(at, little)}/${view.getUint32(at + 4, little)}`
}
