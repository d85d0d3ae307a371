import type { Pixels } from '@imagedoc/core'
import { corrupt, imageDamaged } from '../damage.ts'
import type { Rescue } from '../raster.ts'
import { type Coverage, createCoverage } from './coverage.ts'
import type { Frame } from './frame.ts'
import { type HuffmanTable, readHuffmanTables } from './huffman.ts'
import { type JpegFile, marker } from './markers.ts'
import { frameUnits, type Scan, type ScanComponent } from './scan.ts'
import { readScanUnits } from './scan-units.ts'

/**
 * Finds what of a damaged JPEG can be decoded, by reading its coded data as a decoder does. What is missing becomes white paper.
 * @throws CORRUPT_INPUT when more than half is missing, or when nothing tells where the damage is
 */
export async function rescueJpeg(file: JpegFile, frame: Frame): Promise<Rescue> {
  if (frame.lossless) throw corrupt('its coded data end early, and of a lossless JPEG nothing tells where.')
  const coverage = await coverageOf(file, frame)
  const { missing, left, isBlurred } = coverage
  const share = shareOf(missing, frame)
  if (share === 0 && left === 0 && !isBlurred && file.ended) return { bytes: file.bytes }
  if (share === 0 && left > MOST_LEFT * file.bytes.length)
    throw corrupt('its coded data do not come out even, and nothing tells where they are damaged.')
  // Where the file is cut off the rest is sound; where the end mark is there, the damage may begin before the place where it shows.
  const what = share > 0 ? reason(file) : shareless(file, left)
  const diagnostic = imageDamaged(share, `${what}.`, { exact: !file.ended, ...(isBlurred ? { blurred: true } : {}) })
  const bytes = shortened(file, frame, missing)
  return { bytes, diagnostic, repair: (pixels) => whiten(inFullHeight(pixels, frame), frame, missing) }
}

/** More than this share of a file left over is no padding. */
const MOST_LEFT = 0.01

function shareless(file: JpegFile, left: number): string {
  if (left > 0)
    return `${left} bytes of the coded data of the JPEG are left over, so that a part of the image may be shifted or discoloured`
  return file.ended || file.segments.filter(({ marker: code }) => code === marker.sos).length > 1
    ? 'passes that refine the image are missing or cut off, so that it may be blurred'
    : 'the JPEG has no end mark; all of the image is there'
}

const reason = (file: JpegFile): string =>
  file.ended ? 'the coded data of the JPEG are damaged, at the latest where the image turns white' : 'the JPEG is cut off before its end'

async function coverageOf({ bytes, segments, ended }: JpegFile, frame: Frame): Promise<Coverage> {
  const tables = new Map<number, HuffmanTable>()
  const steps = new Map<number, number>()
  const coverage = createCoverage(frame)
  let interval = 0
  for (const segment of segments) {
    const payload = bytes.subarray(segment.start, segment.end)
    if (segment.marker === marker.dht) for (const [id, table] of readHuffmanTables(payload)) tables.set(id, table)
    if (segment.marker === marker.dqt) readSteps(payload, steps)
    if (segment.marker === marker.dri) interval = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0)
    if (segment.marker !== marker.sos) continue
    const scan = readScan(payload, { frame, tables, steps })
    if (scan !== undefined) coverage.add(scan, await readScanUnits({ bytes, segment, frame, scan, interval }))
  }
  coverage.close(ended)
  return coverage
}

/** The first number of each quantisation table: the step of the DC coefficient. */
function readSteps(payload: Uint8Array, steps: Map<number, number>): void {
  for (let at = 0; at < payload.length; ) {
    const wide = (payload[at] ?? 0) >> 4 === 1
    steps.set((payload[at] ?? 0) & 15, wide ? ((payload[at + 1] ?? 0) << 8) | (payload[at + 2] ?? 0) : (payload[at + 1] ?? 1))
    at += wide ? 129 : 65
  }
}

function readScan(
  payload: Uint8Array,
  { frame, tables, steps }: { frame: Frame; tables: ReadonlyMap<number, HuffmanTable>; steps: ReadonlyMap<number, number> },
): Scan | undefined {
  const count = payload[0] ?? 0
  const components: ScanComponent[] = []
  for (let index = 0; index < count; index++) {
    const component = frame.components.find(({ id }) => id === payload[1 + index * 2])
    const used = payload[2 + index * 2] ?? 0
    if (component === undefined) return undefined
    components.push({
      component,
      dc: tables.get(used >> 4),
      ac: tables.get(16 + (used & 15)),
      step: steps.get(component.quantisation) ?? 1,
    })
  }
  const [from = 0, to = 63, approximation = 0] = payload.subarray(1 + count * 2)
  return {
    components,
    from,
    to,
    shift: frame.progressive ? approximation & 15 : 0,
    refines: frame.progressive && approximation >> 4 > 0,
    progressive: frame.progressive,
  }
}

/** The share of the image's pixels that lie in missing units. */
function shareOf(missing: Uint8Array, frame: Frame): number {
  const { columns, edgeX, edgeY } = frameUnits(frame)
  let pixels = 0
  for (const [unit, is] of missing.entries()) {
    if (is === 0) continue
    const [x, y] = [(unit % columns) * edgeX, Math.floor(unit / columns) * edgeY]
    pixels += Math.min(edgeX, frame.width - x) * Math.min(edgeY, frame.height - y)
  }
  return pixels / (frame.width * frame.height)
}

/**
 * The file with only the rows that are there, when it is the end that is missing: libvips gives a file up after a hundred warnings, and every
 * restart interval that is missing is one.
 */
function shortened({ bytes, segments }: JpegFile, frame: Frame, missing: Uint8Array): Uint8Array {
  const { columns, edgeY } = frameUnits(frame)
  const first = missing.indexOf(1)
  const scans = segments.filter(({ marker: code }) => code === marker.sos)
  if (first < 0 || scans.length !== 1 || missing.subarray(first).includes(0)) return bytes
  const height = Math.min(frame.height, (Math.floor(first / columns) + (first % columns === 0 ? 0 : 1)) * edgeY)
  const copy = Buffer.concat([bytes.subarray(0, scans[0]?.dataEnd), Uint8Array.of(0xff, marker.eoi)])
  copy.writeUInt16BE(Math.max(1, height), frame.heightAt)
  return copy
}

function inFullHeight(pixels: Pixels, { width, height }: Frame): Pixels {
  if (pixels.height === height) return pixels
  const data = new Uint8Array(width * height * pixels.channels).fill(255)
  data.set(pixels.data)
  return { ...pixels, height, data }
}

function whiten(pixels: Pixels, frame: Frame, missing: Uint8Array): Pixels {
  const { width, height, channels, data } = pixels
  const { columns, edgeX, edgeY } = frameUnits(frame)
  for (const [unit, is] of missing.entries()) {
    if (is === 0) continue
    const [x, y] = [(unit % columns) * edgeX, Math.floor(unit / columns) * edgeY]
    const [right, bottom] = [Math.min(width, x + edgeX), Math.min(height, y + edgeY)]
    for (let row = y; row < bottom; row++) data.fill(255, (row * width + x) * channels, (row * width + right) * channels)
  }
  return pixels
}
