import type { Pixels } from '@imagedoc/core'
import { type ByteSource, inMemory } from '../byte-source.ts'
import { corrupt, cutOffIf, imageDamaged } from '../damage.ts'
import type { Rescue } from '../raster.ts'
import { readCoverage } from './coverage.ts'
import type { Frame } from './frame.ts'
import { type JpegFile, marker } from './markers.ts'
import { frameUnits } from './scan.ts'

/**
 * Finds what of a damaged JPEG can be decoded, by reading its coded data as a decoder does. What is missing becomes white paper.
 * @throws CORRUPT_INPUT when more than half is missing, or when nothing tells where the damage is
 */
export async function rescueJpeg(file: JpegFile, frame: Frame): Promise<Rescue> {
  if (frame.lossless) throw corrupt('its coded data end early, and of a lossless JPEG nothing tells where.')
  const coverage = await readCoverage(file, frame)
  const { missing, left, isBlurred } = coverage
  const share = shareOf(missing, frame)
  if (share === 0 && left === 0 && !isBlurred && file.ended) return { source: file.source }
  if (share === 0 && left > MOST_LEFT * file.source.size)
    throw corrupt('its coded data do not come out even, and nothing tells where they are damaged.')
  // Where the file is cut off the rest is sound; where the end mark is there, the damage may begin before the place where it shows.
  const what = share > 0 ? reason(file) : shareless(file, left)
  const details = { exact: !file.ended, ...cutOffIf(!file.ended && (share > 0 || isBlurred)), ...(isBlurred ? { blurred: true } : {}) }
  const diagnostic = imageDamaged(share, `${what}.`, details)
  return { source: shortened(file, frame, missing), diagnostic, repair: (pixels) => whiten(inFullHeight(pixels, frame), frame, missing) }
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

/** The share of the image's pixels that lie in missing units. */
function shareOf(missing: Uint8Array, frame: Frame): number {
  // Nearly every file is whole, and every decode asks.
  if (!missing.includes(1)) return 0
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
function shortened({ source, segments }: JpegFile, frame: Frame, missing: Uint8Array): ByteSource {
  const { columns, edgeY } = frameUnits(frame)
  const first = missing.indexOf(1)
  const scans = segments.filter(({ marker: code }) => code === marker.sos)
  if (first < 0 || scans.length !== 1 || missing.subarray(first).includes(0)) return source
  const height = Math.min(frame.height, (Math.floor(first / columns) + (first % columns === 0 ? 0 : 1)) * edgeY)
  const copy = Buffer.concat([source.read(0, scans[0]?.dataEnd ?? 0), Uint8Array.of(0xff, marker.eoi)])
  copy.writeUInt16BE(Math.max(1, height), frame.heightAt)
  return inMemory(copy)
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
