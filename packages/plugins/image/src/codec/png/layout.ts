import { corrupt } from '../damage.ts'

/** What IHDR says. @see PNG (third edition), 11.2.1 */
export interface PngLayout {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly colourType: number
  readonly interlaced: boolean
  /** Rows as they are stored, in that order. */
  readonly passes: readonly Pass[]
  /** Bytes of all stored rows, with their filter bytes. */
  readonly bytes: number
}

/** A pass of the interlaced form, or the only one. */
export interface Pass {
  readonly rows: number
  /** Bytes of one row with its filter byte. */
  readonly stride: number
}

const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** First column, first row, and the steps of Adam7's passes (PNG, 8.1). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** @throws CORRUPT_INPUT when the header says nothing that could be */
export function readLayout(header: Uint8Array): PngLayout {
  if (header.length < 13) throw corrupt('its header is cut off.')
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [bitDepth, colourType, , , interlace] = header.subarray(8, 13) as unknown as [number, number, number, number, number]
  const bits = bitDepth * (samples[colourType] ?? 0)
  if (width === 0 || height === 0 || bits === 0) throw corrupt('its header names a size or a kind of pixels that does not exist.')
  const row = (pixels: number): number => 1 + Math.ceil((pixels * bits) / 8)
  const passes =
    interlace === 0
      ? [{ rows: height, stride: row(width) }]
      : adam7
          .map(([x, y, across, down]) => ({ columns: Math.ceil((width - x) / across), rows: Math.ceil((height - y) / down) }))
          .filter(({ columns, rows }) => columns > 0 && rows > 0)
          .map(({ columns, rows }) => ({ rows, stride: row(columns) }))
  const bytes = passes.reduce((sum, { rows, stride }) => sum + rows * stride, 0)
  return { width, height, bitDepth, colourType, interlaced: interlace !== 0, passes, bytes }
}
