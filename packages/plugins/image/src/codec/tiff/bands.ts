import { type Codec, type Pixels, throwIfAborted } from '@imagedoc/core'
import { type ByteRange, rangeOf } from '../byte-source.ts'
import { orientationMatrix, turnUpright } from '../orientation.ts'
import { createCanvas, paste } from './canvas.ts'
import { isUnpackedHere, repackedPage } from './packed.ts'
import { pageFile, pieceFile, type TiffPage } from './page.ts'
import { rowBytes, type Segment } from './segments.ts'

type Decoded = Awaited<ReturnType<Codec['decode']>>

/** A page of more stored bytes is decoded band by band: sharp is given a TIFF in memory, and of such a page that would be much. */
const LARGE_BYTES = 32 * 1024 ** 2
/** Of a band: stored, and unpacked. */
const BAND_BYTES = 8 * 1024 ** 2

/** True for a page that is not to be copied as a whole. */
export function isLarge({ segments }: TiffPage): boolean {
  return segments.reduce((sum, segment) => sum + storedBytes(segment), 0) > LARGE_BYTES
}

/**
 * Decodes a page of which nothing is missing band by band, upright. Nothing but a band and the decoded pixels is held.
 * @returns undefined when a band is damaged
 */
export async function decodeInBands(
  page: TiffPage,
  by: {
    signal: AbortSignal
    decode: (file: Uint8Array) => Promise<Decoded | undefined>
    describe: (file: Uint8Array) => Promise<Pick<Decoded, 'properties' | 'diagnostics'>>
  },
): Promise<Decoded | undefined> {
  const { width, height, orientation } = page.layout
  const canvas = createCanvas(page.layout)
  for (const segments of bandsOf(page)) {
    throwIfAborted(by.signal)
    const band = { ...page, segments }
    const readable = isUnpackedHere(band) ? await repackedPage(band) : band
    const file = readable && pieceFile(readable, { segments: readable.segments, height: heightOf(segments) })
    const decoded = file && (await by.decode(file))
    if (file === undefined || decoded === undefined) return undefined
    paste(canvas, decoded.pixels, segments[0] as Segment)
    release(file, decoded.pixels.data)
  }
  if (canvas.missing > 0) return undefined
  return {
    ...(await by.describe(sampleOf(page))),
    pixels: turnUpright(canvas.pixels as Pixels, orientation),
    matrix: orientationMatrix(orientation, width, height),
  }
}

/** Left to the garbage collector, what the bands were made of would soon be as large as the page. */
function release(...made: readonly Uint8Array[]): void {
  for (const { buffer, byteLength } of made) if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

const storedBytes = ({ parts }: Segment): number => parts.reduce((sum, { size }) => sum + size, 0)
const heightOf = (segments: readonly Segment[]): number => segments.reduce((sum, { height }) => sum + height, 0)

/** The page's first band with its descriptions. */
function sampleOf(page: TiffPage): Uint8Array {
  const [segments = []] = bandsOf(page)
  const { layout } = page
  const size = { width: layout.tiled ? layout.segment.width : layout.width, height: heightOf(segments) }
  return pageFile({ ...page, layout: { ...layout, ...size }, segments })
}

/** Strips below one another as far as they are small, a part of a strip that is large and not compressed, or one tile. */
function* bandsOf(page: TiffPage): Generator<readonly Segment[]> {
  const { layout } = page
  let band: Segment[] = []
  let bytes = 0
  for (const segment of page.segments) {
    const unpacked = rowBytes({ layout, width: segment.width }) * segment.height * segment.parts.length
    const size = Math.max(storedBytes(segment), unpacked)
    if (band.length > 0 && (layout.tiled || bytes + size > BAND_BYTES)) {
      yield band
      band = []
      bytes = 0
    }
    if (layout.compression === 1 && !layout.tiled && size > BAND_BYTES) {
      for (const rows of cutByRows(segment, rowBytes({ layout, width: segment.width }))) yield [rows]
      continue
    }
    band.push(segment)
    bytes += size
  }
  if (band.length > 0) yield band
}

function* cutByRows(segment: Segment, stride: number): Generator<Segment> {
  const most = Math.max(1, Math.floor(BAND_BYTES / (stride * segment.parts.length)))
  for (let row = 0; row < segment.height; row += most) {
    const height = Math.min(most, segment.height - row)
    const cut = (part: ByteRange): ByteRange => rangeOf(part, row * stride, (row + height) * stride)
    yield { ...segment, y: segment.y + row, height, parts: segment.parts.map(cut) }
  }
}
