import { type Codec, type Diagnostic, ImageDocError, isImageDocError, type Pixels, throwIfAborted } from '@imagedoc/core'
import { cutOffIf } from '../damage.ts'
import { type Canvas, canvasFile, createCanvas, paste } from './canvas.ts'
import { type FaxLines, findFaxLines } from './fax-lines.ts'
import { jpegRows, withJpegHeight } from './jpeg-data.ts'
import { lzwRows } from './lzw.ts'
import { isPacked, repacked, repackedLayout } from './packed.ts'
import { pieceFile, type TiffPage } from './page.ts'
import { describingFields } from './rebuild.ts'
import { areaInside, isAnyCut, type Segment } from './segments.ts'
import { isJpeg } from './supported.ts'

type Decoded = Awaited<ReturnType<Codec['decode']>>
type Decode = (file: Uint8Array) => Promise<Decoded>

const MOST_MISSING = 0.5

/** Strips below each other that may be decodable in one go, or one tile. */
interface Run {
  readonly segments: readonly Segment[]
  /** Rows from the top that may be sound. */
  readonly rows: number
  /** False when it is known that the rows below are lost. */
  readonly whole: boolean
}
interface Work {
  /** As it can be read: a page in Zstandard is one in Deflate here. */
  readonly page: TiffPage
  readonly decode: Decode
  readonly signal: AbortSignal
  readonly canvas: Canvas
  readonly found: {
    /** Conversions that the first piece went through: those of all. */
    conversions?: readonly Diagnostic[]
    /** Why the last piece failed. */
    reason?: unknown
    /** Pixels of the page that no hope is left for. */
    lost: number
  }
}

/**
 * Decodes a damaged page piece by piece: runs of strips are halved until what fails is one strip, and of that the rows above the damage
 * are taken. White paper stands for the rest.
 * @throws CORRUPT_INPUT when more than half is missing
 */
export async function salvage(page: TiffPage, by: { decode: Decode; signal: AbortSignal }): Promise<Decoded> {
  const { runs, readable } = await prepare(page, by.signal)
  const work: Work = { page: readable, canvas: createCanvas(page.layout), found: { lost: 0 }, ...by }
  if (page.layout.tiled) for (const run of runs) await take(work, [run])
  else await take(work, runs)
  const { canvas, found } = work
  const share = canvas.missing / (canvas.width * canvas.height)
  if (canvas.pixels === undefined || share > MOST_MISSING) throw tooDamaged(found.reason)
  const decoded = await by.decode(canvasFile(canvas.pixels, { page, ...describingFields(page.file, page.directory) }))
  return { ...decoded, diagnostics: [...(found.conversions ?? []), ...(canvas.missing > 0 ? [damaged(share, page)] : [])] }
}

/** What the checks of a compression know already: how many rows of each strip are sound. */
async function prepare(page: TiffPage, signal: AbortSignal): Promise<{ runs: Run[]; readable: TiffPage }> {
  const { layout } = page
  const packed = isPacked(layout)
  const runs: Run[] = []
  for (const segment of page.segments) {
    throwIfAborted(signal)
    const known = packed ? await repacked(page, segment) : { segment, rows: await soundRows(page, segment) }
    runs.push({ segments: [known.segment], rows: known.rows, whole: known.rows === segment.height && known.segment.there === 1 })
  }
  return { runs, readable: packed ? { ...page, layout: repackedLayout(layout) } : page }
}

function soundRows(page: TiffPage, segment: Segment): number | Promise<number> {
  if (isJpeg(page.layout)) return jpegRows(page, segment)
  return page.layout.compression === 5 ? lzwRows(page, segment) : segment.height
}

/** Decodes neighbours together where they may be sound, and halves where that fails. */
async function take(work: Work, runs: readonly Run[]): Promise<void> {
  throwIfAborted(work.signal)
  const [first] = runs
  if (first === undefined) return
  if (runs.length === 1) return takeOne(work, first)
  const segments = runs.flatMap((run) => run.segments)
  if (runs.every(({ whole }) => whole) && (await put(work, segments, rowsOf(segments)))) return
  const middle = runs.length >> 1
  await take(work, runs.slice(0, middle))
  await take(work, runs.slice(middle))
}

const rowsOf = (segments: readonly Segment[]): number => segments.reduce((sum, { height }) => sum + height, 0)

async function takeOne(work: Work, { segments, rows }: Run): Promise<void> {
  const [segment] = segments as [Segment]
  if (rows === 0 || segment.parts.some((part) => part.size === 0)) return lose(work, segment, 0)
  if (await put(work, segments, rows)) return lose(work, segment, rows)
  const lines = findFaxLines(work.page.layout, segment)
  if (lines) await takeLines({ ...work, page: lines.page(work.page) }, lines, [0, lines.count])
  else await takeTop(work, segment, rows)
}

/** Fax lines that each begin with a mark: behind a damaged one the next is sound again. */
async function takeLines(work: Work, lines: FaxLines, [from, to]: readonly [number, number]): Promise<void> {
  throwIfAborted(work.signal)
  const segment = lines.between(from, to)
  if (segment.height === 0 || (await put(work, [segment], segment.height))) return
  if (to - from === 1) return takeTop(work, segment, segment.height)
  const middle = (from + to) >> 1
  await takeLines(work, lines, [from, middle])
  await takeLines(work, lines, [middle, to])
}

/** The most rows from the top that can be decoded, found by halving. */
async function takeTop(work: Work, segment: Segment, rows: number): Promise<void> {
  let [sound, damaged] = [0, rows]
  let best: Pixels | undefined
  while (damaged - sound > 1) {
    throwIfAborted(work.signal)
    const middle = (sound + damaged) >> 1
    const pixels = await decodePiece(work, [segment], middle)
    if (pixels) best = pixels
    if (pixels) sound = middle
    else damaged = middle
  }
  if (best) paste(work.canvas, best, segment)
  lose(work, segment, sound)
}

/** Gives up what is below the sound rows. @throws CORRUPT_INPUT as soon as more than half of the page is lost */
function lose({ canvas, found }: Work, segment: Segment, sound: number): void {
  const y = segment.y + sound
  found.lost += areaInside({ ...segment, y, height: segment.height - sound }, canvas)
  const share = found.lost / (canvas.width * canvas.height)
  if (share > MOST_MISSING) throw tooDamaged(found.reason)
}

/** Decodes a piece and puts it onto the paper; false when it is damaged. */
async function put(work: Work, segments: readonly Segment[], rows: number): Promise<boolean> {
  const pixels = await decodePiece(work, segments, rows)
  if (pixels === undefined) return false
  paste(work.canvas, pixels, segments[0] as Segment)
  return true
}

async function decodePiece({ page, decode, found }: Work, segments: readonly Segment[], rows: number): Promise<Pixels | undefined> {
  const [first] = segments as [Segment]
  const cut = isJpeg(page.layout) && segments.length === 1 && rows < first.height ? [withJpegHeight(first, rows)] : segments
  try {
    const { pixels, diagnostics } = await decode(pieceFile(page, { segments: cut, height: rows }))
    found.conversions ??= diagnostics
    return pixels
  } catch (error) {
    if (!isImageDocError(error) || error.code !== 'CORRUPT_INPUT') throw error
    found.reason = error
    return undefined
  }
}

function tooDamaged(cause: unknown): ImageDocError {
  const message = 'The page of the TIFF file is damaged or cut off: more than half of it cannot be decoded. Get a whole copy of the file.'
  return new ImageDocError('CORRUPT_INPUT', message, { cause })
}

function damaged(share: number, { segments }: TiffPage): Diagnostic {
  const message = `The page of the TIFF file is damaged or cut off: ${percent(share)} of it cannot be decoded and is white. Get a whole copy of the file.`
  return { code: 'IMAGE_DAMAGED', severity: 'warning', message, details: { missing: share, ...cutOffIf(isAnyCut(segments)) } }
}

const percent = (share: number): string => `${share >= 0.01 ? Math.round(share * 100) : Number((share * 100).toPrecision(1))} %`
