import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Pixels } from '@imagedoc/core'
import { type ByteSource, inMemory } from '../byte-source.ts'
import { corrupt, cutOffIf, imageDamaged } from '../damage.ts'
import type { Rescue } from '../raster.ts'
import { type Chunk, contentOf, type PngFile, partsOf, writePng } from './chunks.ts'
import { isWhole, salvage } from './inflate.ts'
import type { PngLayout } from './layout.ts'

const compress = promisify(deflate)

/** Chunks that pixels depend on, or that are read of the file; the rest of a damaged file is left out. */
const kept: ReadonlySet<string> = new Set(['PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT', 'pHYs', 'eXIf', 'iTXt'])

/**
 * Makes a sound PNG of the rows that a damaged one still has. Missing rows become white paper; of an interlaced file, whose last pass fills every
 * other row, the row above is repeated.
 * @throws CORRUPT_INPUT when more than half is missing, or what every pixel depends on
 */
export async function rescuePng(file: PngFile, layout: PngLayout): Promise<Rescue> {
  const { source, chunks, ended } = file
  assertReadable(chunks, layout)
  const data = chunks.filter(({ type }) => type === 'IDAT')
  const intact = await isWhole(partsOf(source, data), layout.bytes)
  const made = await salvage(partsOf(source, data), layout.bytes)
  const trusted = intact ? layout.bytes : soundRows(made, await trustedBytes({ source, data }, made.length, layout), layout)
  const lost = lostRows(trusted, layout)
  const bad = chunks.filter(({ type, sound }) => !sound && type !== 'IDAT').map(({ type }) => type)
  const details = { ...cutOffIf(!ended && lost.share > 0), ...(bad.length > 0 ? { chunks: bad } : {}) }
  const diagnostic = imageDamaged(lost.share, `${reason({ bad, ended, intact, lost: lost.share })}.`, details)
  const rows = new Uint8Array(layout.bytes)
  rows.set(made.subarray(0, trusted))
  return { source: inMemory(await write(file, rows)), diagnostic, repair: (pixels) => lost.repair(pixels) }
}

function reason({ bad, ended, intact, lost }: { bad: readonly string[]; ended: boolean; intact: boolean; lost: number }): string {
  if (lost > 0)
    return ended
      ? 'the pixel data of the PNG are damaged there, at the earliest'
      : 'the PNG is cut off before its end, or its structure is broken'
  if (!intact) return 'the checksum of the pixel data of the PNG is wrong, although all rows are there'
  if (bad.length > 0) return `a checksum is wrong in the PNG (${bad.join(', ')}); that part was left out, the pixels are whole`
  return ended ? 'a checksum in the PNG is wrong; the pixels are whole' : 'the PNG has no end mark; the pixels are whole'
}

function assertReadable(chunks: readonly Chunk[], { colourType }: PngLayout): void {
  const palette = chunks.find(({ type }) => type === 'PLTE')
  if (colourType === 3 && !palette?.sound) throw corrupt('its palette is missing or its checksum is wrong, so no colour is known.')
  // A capital letter: nobody may show the image who does not know this chunk (PNG, 5.4).
  const unknown = chunks.find(({ type, sound }) => sound && /^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT'].includes(type))
  if (unknown) throw corrupt(`it has a part ("${unknown.type}") that no PNG has.`)
}

/**
 * How many of the inflated bytes can be trusted: all of a file that is cut off; those before a chunk with a wrong checksum, which is damaged
 * somewhere: what zlib makes of it may go on for long before it is an error.
 */
async function trustedBytes(
  { source, data }: { source: ByteSource; data: readonly Chunk[] },
  made: number,
  layout: PngLayout,
): Promise<number> {
  const unsound = data.findIndex(({ sound }) => !sound)
  const chunk = data[unsound]
  if (chunk === undefined) return made
  const isCut = unsound === data.length - 1 && !chunk.whole && !Buffer.from(contentOf(source, chunk)).includes('IEND')
  if (isCut) return made
  return (await salvage(partsOf(source, data.slice(0, unsound)), layout.bytes)).length
}

/** Bytes up to the first row with a filter that does not exist. */
function soundRows(made: Uint8Array, trusted: number, { passes }: PngLayout): number {
  let at = 0
  for (const { rows, stride } of passes) {
    for (let row = 0; row < rows; row++, at += stride) if (at >= trusted || (made[at] as number) > 4) return Math.min(at, trusted)
  }
  return trusted
}

interface Lost {
  readonly share: number
  repair(pixels: Pixels): Pixels
}

function lostRows(trusted: number, layout: PngLayout): Lost {
  const { height, passes, bytes } = layout
  const last = passes.at(-1) ?? { rows: height, stride: 1 }
  const lost = Math.ceil(Math.max(0, bytes - trusted) / last.stride)
  if (!layout.interlaced) return { share: lost / height, repair: (pixels) => whiten(pixels, height - lost) }
  // Before the last pass there are fewer pixels than half of the page's.
  if (lost > last.rows || (lost > 0 && height === 1)) return { share: 1, repair: (pixels) => pixels }
  return { share: lost / height, repair: (pixels) => repeatAbove(pixels, last.rows - lost) }
}

function whiten(pixels: Pixels, from: number): Pixels {
  const { width, channels, data } = pixels
  data.fill(255, from * width * channels)
  return pixels
}

/** The last pass holds the rows 1, 3, 5, and so on. */
function repeatAbove(pixels: Pixels, from: number): Pixels {
  const { width, height, channels, data } = pixels
  const stride = width * channels
  for (let row = 2 * from + 1; row < height; row += 2) data.copyWithin(row * stride, (row - 1) * stride, row * stride)
  return pixels
}

async function write({ source, chunks }: PngFile, rows: Uint8Array): Promise<Uint8Array> {
  const [header, ...others] = chunks
  const before = others.filter(({ type, sound }) => sound && kept.has(type)).map((chunk) => [chunk.type, contentOf(source, chunk)] as const)
  return writePng([
    ['IHDR', header ? contentOf(source, header) : new Uint8Array(0)],
    ...before,
    ['IDAT', await compress(rows, { level: 1 })],
  ])
}
