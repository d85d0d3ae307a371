/** What a JPEG's header says. @see ITU-T T.81, annex B */
export interface JpegHeader {
  width: number
  height: number
  components: number
  /** Bits per sample; 8 in nearly every file. */
  precision: number
  /** Adobe's marker (APP14) is there: CMYK is then stored inverted. */
  adobe: boolean
  /** EXIF orientation 1 to 8. */
  orientation: number
}

/** Reads the markers before the scan; `undefined` when there is no frame header among them. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = { adobe: false, orientation: 1 }
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 0xff) return undefined
    if (marker === 0xff) {
      at++
      continue
    }
    const size = view.getUint16(at + 2)
    if (isFrame(marker) && at + 10 <= bytes.length) {
      return {
        precision: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
        ...found,
      }
    }
    const segment = bytes.subarray(at + 4, at + 2 + size)
    if (marker === 0xee && startsWith(segment, 'Adobe')) found.adobe = true
    if (marker === 0xe1 && startsWith(segment, 'Exif')) found.orientation = exifOrientation(segment.subarray(6))
    at += 2 + size
  }
  return undefined
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
