import { promisify } from 'node:util'
import { inflate, inflateSync } from 'node:zlib'
import type { PngRows } from './png-chunks.ts'

const unpack = promisify(inflate)

/** Bytes of the unpacked rows, each with its filter byte. */
function unpackedSize({ width, height, bitDepth, colourType }: PngRows): number {
  return (1 + strideOf(width, bitDepth * (colourType === 'rgb' ? 3 : 1))) * height
}

const strideOf = (width: number, bits: number): number => Math.ceil((width * bits) / 8)

/** True when the rows unpack and are all there. */
export function isWhole(rows: PngRows): boolean {
  const size = unpackedSize(rows)
  try {
    return inflateSync(rows.data, { maxOutputLength: size + 1 }).length === size
  } catch {
    return false
  }
}

/**
 * The page with one bit a pixel, in which a set bit is the value 0, when it has no other values than 0 and one more: for grey the highest,
 * for a palette the second. Undefined for other pages, and where the rows cannot be read.
 */
export async function twoValues(rows: PngRows): Promise<Uint8Array | undefined> {
  const { width, height, bitDepth, colourType } = rows
  if (colourType === 'rgb' || bitDepth > 8 || (colourType === 'indexed' && bitDepth > 1)) return undefined
  const size = unpackedSize(rows)
  const bytes = await unpack(rows.data, { maxOutputLength: size + 1 }).catch(() => undefined)
  if (bytes?.length !== size) return undefined
  const stride = strideOf(width, bitDepth)
  const out = new Uint8Array(strideOf(width, 1) * height)
  let above: Uint8Array = new Uint8Array(stride)
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1))
    unfilter(bytes[y * (stride + 1)] as number, row, above)
    if (!packRow(row, { width, bitDepth }, out.subarray(y * strideOf(width, 1), (y + 1) * strideOf(width, 1)))) return undefined
    above = row
  }
  return out
}

/** Of samples of at most a byte, the left neighbour is the byte before (PNG third edition, 9.2). */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array): void {
  if (filter === 0) return
  let left = 0
  let corner = 0
  for (let at = 0; at < row.length; at++) {
    const up = above[at] as number
    const guess = filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner)
    left = ((row[at] as number) + guess) & 255
    row[at] = left
    corner = up
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

/** False at the first sample that is neither 0 nor the highest. */
function packRow(row: Uint8Array, { width, bitDepth }: { width: number; bitDepth: number }, out: Uint8Array): boolean {
  if (bitDepth === 1) {
    for (let at = 0; at < out.length; at++) out[at] = ~(row[at] as number)
    return true
  }
  const highest = (1 << bitDepth) - 1
  const perByte = 8 / bitDepth
  for (let x = 0; x < width; x++) {
    const byte = row[bitDepth === 8 ? x : Math.floor(x / perByte)] as number
    const value = bitDepth === 8 ? byte : (byte >> (8 - bitDepth - (x % perByte) * bitDepth)) & highest
    if (value === 0) out[x >> 3] = (out[x >> 3] as number) | (128 >> (x & 7))
    else if (value !== highest) return false
  }
  return true
}
