import { once } from 'node:events'
import { promisify } from 'node:util'
import { createInflate, createZstdDecompress, deflate } from 'node:zlib'
import type { TiffPage } from './page.ts'
import { rowBytes, type Segment } from './segments.ts'
import { isZstandard } from './supported.ts'

const store = promisify(deflate)
/** What stands in one chunk is lost with an error in it. */
const CHUNK = 4096
const MOST_CHUNK = 4 * 1024 * 1024

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
  // In one chunk it is quickest; to save what stands before an error takes small ones.
  const quick = await unpackBy(Math.min(Math.max(as.size + 64, CHUNK), MOST_CHUNK), part, as)
  return quick.sound ? quick : unpackBy(CHUNK, part, as)
}

async function unpackBy(chunkSize: number, part: Uint8Array, as: { zstandard: boolean; size: number }): Promise<Unpacked> {
  const stream = as.zstandard ? createZstdDecompress({ chunkSize }) : createInflate({ chunkSize })
  const chunks: Uint8Array[] = []
  let length = 0
  let failure: unknown
  stream.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    // A bomb ends here.
    if (length > as.size + chunkSize) stream.destroy()
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

/** Bytes of a strip or tile before it is compressed. */
export const sizeUnpacked = ({ layout }: TiffPage, segment: Segment): number => rowBytes({ layout, width: segment.width }) * segment.height

/** True when every strip and tile gives all its bytes and their checksums hold. */
export async function isUnpackable(page: TiffPage): Promise<boolean> {
  const zstandard = isZstandard(page.layout)
  for (const segment of page.segments) {
    const size = sizeUnpacked(page, segment)
    for (const part of segment.parts) if (!(await unpack(part, { zstandard, size })).sound) return false
  }
  return true
}

/** A strip or tile as Deflate, with the rows that could be read alone: Deflate is what libtiff takes, and the predictor keeps its meaning. */
export async function repacked(page: TiffPage, segment: Segment): Promise<{ segment: Segment; rows: number }> {
  const as = { zstandard: isZstandard(page.layout), size: sizeUnpacked(page, segment) }
  const unpacked: Unpacked[] = []
  for (const part of segment.parts) unpacked.push(await unpack(part, as))
  const stride = rowBytes({ layout: page.layout, width: segment.width })
  const rows = Math.min(...unpacked.map(({ bytes }) => Math.floor(bytes.length / stride)))
  const parts = await Promise.all(unpacked.map(({ bytes }) => store(bytes.subarray(0, rows * stride), { level: 0 })))
  return { segment: { ...segment, parts, there: 1 }, rows }
}

/** A page in Zstandard as one in Deflate, or undefined when a strip or tile is damaged. */
export async function withoutZstandard(page: TiffPage): Promise<TiffPage | undefined> {
  const segments: Segment[] = []
  for (const segment of page.segments) {
    const { segment: made, rows } = await repacked(page, segment)
    if (rows < segment.height) return undefined
    segments.push(made)
  }
  return { ...page, layout: { ...page.layout, compression: 8 }, segments }
}
