import { type JpegHeader, readJpegHeader } from './jpeg-header.ts'

/** What a PDF says of a JPEG's colours. The file itself is not asked: readers of PDF ignore a profile inside. */
export interface JpegColour {
  /** The profile of /ICCBased; undefined for a device's colours, which are taken for sRGB. */
  profile: Uint8Array | undefined
  /** /ColorTransform: 1 YCbCr, 0 red, green and blue; undefined where nothing is said. */
  transform: number | undefined
}

const ICC = 'ICC_PROFILE\0'
/** Of 65,533 bytes the name, the part's number and their count take 14. */
const PART_BYTES = 65_519
const MOST_PARTS = 255
const START_OF_SCAN = 0xda
const RED_GREEN_BLUE = '82,71,66'

/**
 * The JPEG with the colours that the PDF gives it, in its own header, where every reader of JPEG finds them; the very bytes when it says the
 * same already. Undefined when a header cannot say it.
 */
export function withColour(bytes: Uint8Array, { profile, transform }: JpegColour): Uint8Array | undefined {
  const header = readJpegHeader(bytes)
  if (header === undefined) return undefined
  const forced = transform !== undefined && forcedTransform(header, transform) ? transform : undefined
  if (profile === undefined && forced === undefined && !hasProfile(bytes)) return bytes
  if (profile !== undefined && profile.length > PART_BYTES * MOST_PARTS) return undefined
  const added = [...(forced === undefined ? [] : [adobe(forced)]), ...(profile === undefined ? [] : iccSegments(profile))]
  const { kept, rest } = withoutColour(bytes, forced !== undefined)
  return Buffer.concat([bytes.subarray(0, 2), ...added, ...kept, rest])
}

/** Adobe's marker goes before /ColorTransform (PDF 32000-1, table 13), and without either readers guess as libjpeg does. */
function forcedTransform({ components, adobe: marked, jfif, ids }: JpegHeader, transform: number): boolean {
  if (components !== 3 || marked) return false
  const guess = !jfif && ids.join() === RED_GREEN_BLUE ? 0 : 1
  return guess !== transform
}

function* segments(bytes: Uint8Array): Generator<{ marker: number; whole: Uint8Array; content: Uint8Array; end: number }> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 0xff || marker === START_OF_SCAN) return
    if (marker === 0xff) {
      at++
      continue
    }
    const end = at + 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
    yield { marker, whole: bytes.subarray(at, end), content: bytes.subarray(at + 4, end), end }
    at = end
  }
}

const begins = (content: Uint8Array, text: string): boolean => Buffer.from(content.subarray(0, text.length)).toString('latin1') === text
const isProfile = ({ marker, content }: { marker: number; content: Uint8Array }): boolean => marker === 0xe2 && begins(content, ICC)

function hasProfile(bytes: Uint8Array): boolean {
  for (const segment of segments(bytes)) if (isProfile(segment)) return true
  return false
}

/** libjpeg believes JFIF before Adobe: what is forced takes its place. */
function withoutColour(bytes: Uint8Array, forced: boolean): { kept: Uint8Array[]; rest: Uint8Array } {
  const kept: Uint8Array[] = []
  let rest = bytes.subarray(2)
  for (const segment of segments(bytes)) {
    const jfif = segment.marker === 0xe0 && begins(segment.content, 'JFIF\0')
    if (!isProfile(segment) && !(jfif && forced)) kept.push(segment.whole)
    rest = bytes.subarray(segment.end)
  }
  return { kept, rest }
}

function adobe(transform: number): Uint8Array {
  return Uint8Array.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, transform])
}

/** The profile in parts, each with its number and their count. @see ICC.1:2022, B.4 */
function iccSegments(profile: Uint8Array): Uint8Array[] {
  const count = Math.ceil(profile.length / PART_BYTES)
  return Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * PART_BYTES, (index + 1) * PART_BYTES)
    const size = 2 + ICC.length + 2 + part.length
    return Buffer.concat([
      Uint8Array.of(0xff, 0xe2, size >> 8, size & 255),
      Buffer.from(ICC, 'latin1'),
      Uint8Array.of(index + 1, count),
      part,
    ])
  })
}
