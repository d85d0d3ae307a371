import { inflateSync } from 'node:zlib'

/** How far from its end a stream's end mark may stand: padding, an end of line. */
const PADDING = 64

/** A JPEG that has no end of image after its scan began (ITU T.81, B.1.1.3). */
export function isCutJpeg(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = file.lastIndexOf(Buffer.from([0xff, 0xda]))
  return start < 0 || file.indexOf(Buffer.from([0xff, 0xd9]), start) < 0
}

/** Data in Flate that stop before they end (RFC 1950, 1951). */
export function isCutFlate(bytes: Uint8Array): boolean {
  try {
    inflateSync(bytes, { maxOutputLength: MOST_INFLATED })
    return false
  } catch (error) {
    return (error as { code?: string }).code === 'Z_BUF_ERROR'
  }
}

const MOST_INFLATED = 512 * 1024 ** 2

/** The share of a JPEG 2000's data that is not there: the end of codestream is, or the boxes and tile parts say how long they are (ISO 15444-1, A.4). */
export function jpxMissing(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.subarray(-PADDING).includes(Buffer.from([0xff, 0xd9]))) return 0
  const start = file.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]))
  if (start < 0) return 1
  const tile = file.indexOf(Buffer.from([0xff, 0x90, 0x00, 0x0a]), start)
  if (tile < 0 || tile + 10 > file.length) return 1
  let [end, declared] = [tile, 0]
  while (end + 10 <= file.length && file.readUInt16BE(end) === 0xff90 && file.readUInt32BE(end + 6) > 0) {
    declared += file.readUInt32BE(end + 6)
    end += file.readUInt32BE(end + 6)
  }
  return declared === 0 ? 1 : shareMissing(file.length - tile, declared)
}

const unknownLength = 0xffff_ffff

/** The share of a JBIG2's data that is not there: its segments say how long they are (ITU T.88, 7.2; in a PDF without file header). */
export function jbig2Missing(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + 11 <= bytes.length) {
    const header = segmentHeader(view, at)
    if (header === undefined) return 1
    if (header.length === unknownLength) return 0
    const end = header.dataAt + header.length
    if (end > bytes.length) return shareMissing(bytes.length, end)
    at = end
  }
  return 0
}

function segmentHeader(view: DataView, at: number): { dataAt: number; length: number } | undefined {
  const number = view.getUint32(at)
  const flags = view.getUint8(at + 4)
  const few = view.getUint8(at + 5) >> 5
  const many = few === 7 ? view.getUint32(at + 5) & 0x1fff_ffff : few
  const referredBytes = number <= 256 ? 1 : number <= 65_536 ? 2 : 4
  const afterCount = few === 7 ? at + 9 + Math.ceil((many + 1) / 8) : at + 6
  const lengthAt = afterCount + many * referredBytes + (flags & 0x40 ? 4 : 1)
  return lengthAt + 4 > view.byteLength ? undefined : { dataAt: lengthAt + 4, length: view.getUint32(lengthAt) }
}

const shareMissing = (there: number, wanted: number): number => Math.max(0, 1 - there / wanted)

/**
 * Rows of a fax of group 4 (ITU T.6) that are not there. At its end stands 000000000001 twice, but writers may leave it out. Without it the blank rows
 * at the bottom are looked at: each costs one bit, a 1, so those that are not among the last bits were never written.
 */
export function faxRowsMissing(bytes: Uint8Array, blankRows: () => number): number {
  const tail = [...bytes.subarray(-16)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  if (tail.includes('000000000001000000000001')) return 0
  let ones = 0
  let at = bytes.length - 1
  // The last byte is padded with zeros, and an end of line may follow.
  while (at >= 0 && [0, 10, 13].includes(bytes[at] ?? 1)) at--
  const last = (bytes[at] ?? 0).toString(2).padStart(8, '0').replace(/0+$/, '')
  ones += /1*$/.exec(last)?.[0].length ?? 0
  if (ones === last.length) for (at--; at >= 0 && bytes[at] === 0xff; at--) ones += 8
  return Math.max(0, blankRows() - ones - FAX_SLACK)
}

/** Codes that happen to begin with ones stand before the blank rows. */
const FAX_SLACK = 8
