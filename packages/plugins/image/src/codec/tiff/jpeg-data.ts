import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { inMemory, wholeOf } from '../byte-source.ts'
import { readCoverage } from '../jpeg/coverage.ts'
import { type Frame, readFrame } from '../jpeg/frame.ts'
import { createTableReader, readHuffmanTables } from '../jpeg/huffman.ts'
import { type JpegFile, marker, readMarkers } from '../jpeg/markers.ts'
import { frameUnits } from '../jpeg/scan.ts'
import { readRaw } from './directory.ts'
import type { TiffPage } from './page.ts'
import type { Segment } from './segments.ts'
import { tag } from './tags.ts'

/** True when no strip or tile shows damage. */
export async function isJpegSound(page: TiffPage): Promise<boolean> {
  const readTables = createTableReader()
  for (const segment of page.segments) if ((await jpegRows(page, segment, readTables)) < segment.height) return false
  return true
}

/** Rows of a strip or tile that are sound, in all its planes. */
export async function jpegRows(page: TiffPage, segment: Segment, readTables = readHuffmanTables): Promise<number> {
  const { file, directory, layout } = page
  const field = directory.fields.get(tag.jpegTables)
  const tables = field && readRaw(file, field)
  let rows = segment.height
  for (const part of segment.parts) {
    const bytes = wholeOf(part)
    const file = readMarkers(inMemory(tables ? withTables(bytes, tables) : bytes))
    rows = Math.min(rows, await soundRows(file, layout.segment, readTables))
  }
  return rows
}

/** A whole JPEG of an abbreviated one and the tables that stand before all of them (T.81, B.5). */
function withTables(part: Uint8Array, tables: Uint8Array): Uint8Array {
  const ended = tables.at(-2) === 0xff && tables.at(-1) === marker.eoi
  return Buffer.concat([ended ? tables.subarray(0, -2) : tables, part.subarray(2)])
}

/**
 * Rows from the top that are sound. libjpeg fills up what is missing with grey and takes what is left over without a word. What is coded
 * in a way that is not read here is left to libjpeg, as are files without Huffman tables: it knows the usual ones.
 */
async function soundRows(file: JpegFile, most: { width: number; height: number }, readTables: typeof readHuffmanTables): Promise<number> {
  const frame = frameOf(file)
  if (frame === undefined || frame.lossless || file.segments.every(({ marker: code }) => code !== marker.dht)) return Infinity
  // libtiff refuses it.
  if (frame.width > most.width) return 0
  const { missing, left, padding } = await readCoverage(file, { ...frame, height: Math.min(frame.height, most.height) }, readTables)
  // Nothing tells the place. libtiff writes no padding.
  if (left > 0 || padding > 0 || file.strays.length > 0) return 0
  const first = missing.indexOf(1)
  if (first < 0) return Infinity
  const { columns, edgeY } = frameUnits(frame)
  // Where the end mark is there, what was read before the damage showed may be wrong already.
  return Math.max(0, Math.floor(first / columns) - (file.ended ? 1 : 0)) * edgeY
}

function frameOf(file: JpegFile): Frame | undefined {
  try {
    return readFrame(file)
  } catch (error) {
    if (isImageDocError(error)) return undefined
    throw error
  }
}

/** The strip with another height in its JPEG header (SOF, T.81 B.2.2): libjpeg then stops above the damage. */
export function withJpegHeight(segment: Segment, height: number): Segment {
  return { ...segment, height, parts: segment.parts.map((part) => inMemory(patched(wholeOf(part), height))) }
}

function patched(part: Uint8Array, height: number): Uint8Array {
  const frame = frameOf(readMarkers(inMemory(part)))
  if (frame === undefined) return part
  const out = part.slice()
  new DataView(out.buffer).setUint16(frame.heightAt, height)
  return out
}

/** @throws UNSUPPORTED_MEDIA_TYPE for lossless JPEG, which is a camera's */
export function assertJpegProcess({ segments }: TiffPage): void {
  const part = segments[0]?.parts[0]
  if (part === undefined || !frameOf(readMarkers(inMemory(wholeOf(part))))?.lossless) return
  throw new ImageDocError(
    'UNSUPPORTED_MEDIA_TYPE',
    'The page is stored as TIFF with lossless JPEG, which is not supported; convert it, for example with "tiffcp -c lzw in.tif out.tif".',
  )
}
