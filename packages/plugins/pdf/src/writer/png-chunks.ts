import { crc32, inflateSync } from 'node:zlib'
import { ImageDocError } from '@imagedoc/core'

/** A PNG whose compressed rows a PDF can take over as they are. */
export interface PngRows {
  width: number
  height: number
  bitDepth: number
  colourType: 'grey' | 'rgb' | 'indexed'
  /** Red, green, blue of each entry; empty unless indexed. */
  palette: Uint8Array
  /** One zlib stream of filtered rows: what /FlateDecode with /Predictor 15 reads. */
  data: Uint8Array
  /** The colour profile (iCCP); empty when it cannot be unpacked. */
  profile: Uint8Array | undefined
}

const colourTypes = { 0: 'grey', 2: 'rgb', 3: 'indexed' } as const
const HEADER = 8

/**
 * Takes a PNG's rows without decoding them; undefined when a PDF cannot hold them so: with alpha, a transparent colour, or interlaced.
 * @throws CORRUPT_INPUT when it is cut off or a checksum is wrong.
 * @see PNG (W3C, third edition), 5; PDF 32000-1, 7.4.4.4
 */
export function readPngRows(bytes: Uint8Array): PngRows | undefined {
  const chunks = readChunks(bytes)
  const header = chunks.find(({ type }) => type === 'IHDR')?.data
  const parts = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)
  if (header === undefined || header.length < 13 || parts.length === 0) throw damaged()
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const colourType = colourTypes[(header[9] ?? 0) as keyof typeof colourTypes]
  const interlaced = header[12] !== 0
  if (colourType === undefined || interlaced || chunks.some(({ type }) => type === 'tRNS')) return undefined
  const palette = chunks.find(({ type }) => type === 'PLTE')?.data ?? new Uint8Array(0)
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    bitDepth: header[8] ?? 8,
    colourType,
    palette: colourType === 'indexed' ? palette : new Uint8Array(0),
    data: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts),
    profile: unpackProfile(chunks.find(({ type }) => type === 'iCCP')?.data),
  }
}

const LONGEST_PROFILE = 16 * 1024 ** 2

/** A name, a zero, the method, then the packed profile (11.3.2.3). */
function unpackProfile(chunk: Uint8Array | undefined): Uint8Array | undefined {
  if (chunk === undefined) return undefined
  try {
    return inflateSync(chunk.subarray(chunk.indexOf(0) + 2), { maxOutputLength: LONGEST_PROFILE })
  } catch {
    return new Uint8Array(0)
  }
}

function readChunks(bytes: Uint8Array): { type: string; data: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: { type: string; data: Uint8Array }[] = []
  for (let at = HEADER; at + 12 <= bytes.length; ) {
    const size = view.getUint32(at)
    if (at + 12 + size > bytes.length) throw damaged()
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (crc32(bytes.subarray(at + 4, at + 8 + size)) !== view.getUint32(at + 8 + size)) throw damaged()
    if (type === 'IEND') return chunks
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + size) })
    at += 12 + size
  }
  throw damaged()
}

function damaged(): ImageDocError {
  return new ImageDocError('CORRUPT_INPUT', 'The PNG of a page is damaged: it is cut off, or a checksum is wrong. Make the page anew.')
}
