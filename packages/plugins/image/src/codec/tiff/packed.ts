import { once } from 'node:events'
import { promisify } from 'node:util'
import { createInflate, createZstdDecompress, deflate, inflate, inflateSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { type ByteRange, inMemory } from '../byte-source.ts'
import { firstBitHighest } from './fill-order.ts'
import type { ImageLayout } from './image-layout.ts'
import { isPackedByRows, unpackBits } from './pack-bits.ts'
import type { TiffPage } from './page.ts'
import { rowBytes, type Segment } from './segments.ts'
import { isDeflate, isZstandard } from './supported.ts'

const [NONE, DEFLATE, PACK_BITS] = [1, 8, 32773]
const store = promisify(deflate)
const inflateAtOnce = promisify(inflate)
const zstdAtOnce = promisify(zstdDecompress)
/** What stands in one chunk is lost with an error in it. */
const CHUNK = 4096
const SMALL = 256 * 1024

/** What a compressed strip or tile gives. */
interface Unpacked {
  readonly bytes: Uint8Array
  /** False when the data end early, are damaged or their checksum is wrong. */
  readonly sound: boolean
}

/**
 * Undoes Deflate or Zstandard until the wanted bytes are there or the data end. libtiff stops at the last byte that it wants and never
 * looks at the checksum behind it, so that damaged letters pass. A checksum that is wrong says nothing of the place: no byte is given then.
 */
async function unpack(part: Uint8Array, as: { zstandard: boolean; size: number }): Promise<Unpacked> {
  const bytes = await unpackAtOnce(part, as).catch(() => undefined)
  return bytes && bytes.length >= as.size ? { bytes: bytes.subarray(0, as.size), sound: true } : unpackByChunks(part, as)
}

/** For small strips a thread costs more than the work. */
async function unpackAtOnce(part: Uint8Array, { zstandard, size }: { zstandard: boolean; size: number }): Promise<Uint8Array> {
  const options = { chunkSize: Math.max(size + 64, CHUNK), maxOutputLength: size + CHUNK }
  if (size > SMALL) return zstandard ? zstdAtOnce(part, options) : inflateAtOnce(part, options)
  return zstandard ? zstdDecompressSync(part, options) : inflateSync(part, options)
}

/** To save what stands before an error. */
async function unpackByChunks(part: Uint8Array, as: { zstandard: boolean; size: number }): Promise<Unpacked> {
  const stream = as.zstandard ? createZstdDecompress({ chunkSize: CHUNK }) : createInflate({ chunkSize: CHUNK })
  const chunks: Uint8Array[] = []
  let length = 0
  let failure: unknown
  stream.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    // A bomb ends here.
    if (length > as.size + CHUNK) stream.destroy()
    else chunks.push(chunk)
  })
  stream.on('error', (error) => {
    failure = error
  })
  const closed = once(stream, 'close').catch(() => undefined)
  stream.end(part)
  await closed
  const bytes = Buffer.concat(chunks).subarray(0, as.size)
  if (failure === undefined || (isEarlyEnd(failure) && length >= as.size)) return { bytes, sound: bytes.length === as.size }
  return { bytes: length >= as.size ? bytes.subarray(0, 0) : bytes, sound: false }
}

/** Streams without their last bytes, the checksum, are written by some programs; all pixels are there. */
const isEarlyEnd = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['Z_BUF_ERROR', 'ZSTD_error_srcSize_wrong'].includes(String(error.code))

/** Deflate's data with the checks that libtiff leaves out, and what sharp's libtiff lacks or libvips reads wrongly: Zstandard and PackBits. */
export const isPacked = (layout: ImageLayout): boolean => isDeflate(layout) || isZstandard(layout) || layout.compression === PACK_BITS
/** True for what must be unpacked before sharp sees it. */
export function isUnpackedHere(page: TiffPage): boolean {
  const { layout, segments } = page
  if (layout.compression !== PACK_BITS) return isZstandard(layout)
  return !segments.every((segment) =>
    segment.parts.every((part) => isPackedByRows(firstBitHighest(part, layout), sizesOf(layout, segment))),
  )
}

function sizesOf(layout: ImageLayout, segment: Segment): { size: number; stride: number } {
  const stride = rowBytes({ layout, width: segment.width })
  return { stride, size: stride * segment.height }
}

function unpackPart(page: TiffPage, segment: Segment, part: ByteRange): Promise<Unpacked> | Unpacked {
  const { layout } = page
  const { size, stride } = sizesOf(layout, segment)
  const bytes = firstBitHighest(part, layout)
  return layout.compression === PACK_BITS ? unpackBits(bytes, { size, stride }) : unpack(bytes, { zstandard: isZstandard(layout), size })
}

/** True when every strip and tile gives all its bytes and their checksums hold. */
export async function isUnpackable(page: TiffPage): Promise<boolean> {
  for (const segment of page.segments) for (const part of segment.parts) if (!(await unpackPart(page, segment, part)).sound) return false
  return true
}

/** A strip or tile as it is to be read in the layout of {@link repackedLayout}, with the rows alone that could be read. */
export async function repacked(page: TiffPage, segment: Segment): Promise<{ segment: Segment; rows: number }> {
  const unpacked: Unpacked[] = []
  for (const part of segment.parts) unpacked.push(await unpackPart(page, segment, part))
  const stride = rowBytes({ layout: page.layout, width: segment.width })
  const rows = Math.min(...unpacked.map(({ bytes }) => Math.floor(bytes.length / stride)))
  const cut = unpacked.map(({ bytes }) => bytes.subarray(0, rows * stride))
  const parts = page.layout.compression === PACK_BITS ? cut : await Promise.all(cut.map((bytes) => store(bytes, { level: 0 })))
  return { segment: { ...segment, parts: parts.map(inMemory), there: 1 }, rows }
}

/** PackBits becomes uncompressed; the others become Deflate, in which the predictor keeps its meaning. */
export function repackedLayout(layout: ImageLayout): ImageLayout {
  return { ...layout, fillOrder: 1, compression: layout.compression === PACK_BITS ? NONE : DEFLATE }
}

/** The page with all its strips or tiles repacked, or undefined when one of them is damaged. */
export async function repackedPage(page: TiffPage): Promise<TiffPage | undefined> {
  const segments: Segment[] = []
  for (const segment of page.segments) {
    const made = await repacked(page, segment)
    if (made.rows < segment.height) return undefined
    segments.push(made.segment)
  }
  return { ...page, layout: repackedLayout(page.layout), segments }
}
