/** What a JPEG's header says. @see ITU-T T.81, annex B */
export interface JpegHeader {
  width: number
  height: number
  components: number
  /** Bits per sample; 8 in nearly every file. */
  precision: number
  /** The frame header's marker, 0xc0 to 0xcf: baseline, progressive, lossless, arithmetic. */
  frame: number
  /** The components' identifiers; some programs write the letters R, G and B. */
  ids: readonly number[]
  jfif: boolean
  /** Adobe's marker (APP14) is there: CMYK is then stored inverted. */
  adobe: boolean
  /** What Adobe's marker says of the colours: 0 as they are, 1 YCbCr, 2 YCCK. */
  transform: number | undefined
  /** EXIF orientation 1 to 8. */
  orientation: number
  /** The colour profile, when all its parts are there. */
  profile: Uint8Array | undefined
}

interface Found {
  jfif: boolean
  adobe: boolean
  transform: number | undefined
  orientation: number
  parts: Map<number, Uint8Array>
  count: number
}

const ICC = 'ICC_PROFILE\0'

/** Reads the markers before the scan; `undefined` when there is no frame header among them, or something that is no marker. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Found = { jfif: false, adobe: false, transform: undefined, orientation: 1, parts: new Map(), count: 0 }
  let frame: Pick<JpegHeader, 'frame' | 'precision' | 'height' | 'width' | 'components' | 'ids'> | undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 0xff) return undefined
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === START_OF_SCAN) break
    const size = view.getUint16(at + 2)
    const segment = bytes.subarray(at + 4, at + 2 + size)
    if (isFrame(marker) && segment.length >= 6) frame ??= readFrame(marker, segment)
    else note(marker, segment, found)
    at += 2 + size
  }
  const { parts, count, ...rest } = found
  return frame && { ...frame, ...rest, profile: joined(parts, count) }
}

const START_OF_SCAN = 0xda

function readFrame(frame: number, segment: Uint8Array) {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  const components = view.getUint8(5)
  const ids = Array.from({ length: components }, (_, index) => segment[6 + index * 3] ?? 0)
  return { frame, precision: view.getUint8(0), height: view.getUint16(1), width: view.getUint16(3), components, ids }
}

function note(marker: number, segment: Uint8Array, found: Found): void {
  if (marker === 0xe0 && startsWith(segment, 'JFIF\0')) found.jfif = true
  if (marker === 0xe1 && startsWith(segment, 'Exif')) found.orientation = exifOrientation(segment.subarray(6))
  if (marker === 0xee && startsWith(segment, 'Adobe')) {
    found.adobe = true
    found.transform = segment[11]
  }
  // Number and count of the part stand before it (ICC.1:2022, B.4).
  if (marker === 0xe2 && startsWith(segment, ICC)) {
    found.parts.set(segment[ICC.length] ?? 0, segment.subarray(ICC.length + 2))
    found.count = segment[ICC.length + 1] ?? 0
  }
}

function joined(parts: ReadonlyMap<number, Uint8Array>, count: number): Uint8Array | undefined {
  const all = Array.from({ length: count }, (_, index) => parts.get(index + 1))
  return count > 0 && all.every((part) => part !== undefined) ? Buffer.concat(all as Uint8Array[]) : undefined
}

/** SOF0 to SOF15, without DHT (c4), JPG (c8) and DAC (cc). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, index) => bytes[index] === letter.charCodeAt(0))
}

/** Tag 0x0112 of the first directory; 1 when there is none. */
function exifOrientation(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const little = tiff[0] === 0x49
  const directory = view.getUint32(4, little)
  if (directory + 2 > tiff.length) return 1
  const entries = view.getUint16(directory, little)
  for (let index = 0, at = directory + 2; index < entries && at + 12 <= tiff.length; index++, at += 12) {
    if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little) || 1
  }
  return 1
}
