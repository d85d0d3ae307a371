import { type Diagnostic, ImageDocError, type Limits } from '@imagedoc/core'
import type { ByteSource } from '../byte-source.ts'
import { cutOffIf } from '../damage.ts'
import { type Chain, type Directory, openTiff, readChain, readFirst, readSubDirectories, type TiffFile } from './directory.ts'
import { hasImage, readLayout, sizeOf } from './image-layout.ts'
import { isRawCamera } from './raw-camera.ts'
import { isAnyCut, missingShare, segmentsOf } from './segments.ts'
import { tag } from './tags.ts'

/** The pages of a TIFF file: directories that hold a page, in the order of the file. */
export interface TiffPages {
  readonly file: TiffFile
  readonly pages: readonly Directory[]
  /** True when the file has one directory and no more: every reader shows the same. */
  readonly alone: boolean
  readonly diagnostics: readonly Diagnostic[]
}

/** A reduced copy is smaller than this share of its page's sides; a flag on a larger picture is a writer's mistake. */
const REDUCED_SIDE = 0.95
/** Below this share the flag is believed without a look at the sides' ratio: cameras pad their thumbnails. */
const THUMBNAIL_SIDE = 0.5
const SAME_RATIO = 0.03
/** Beside each page there may be some directories that are none. */
const DIRECTORIES_PER_PAGE = 8

/**
 * Finds the pages. Thumbnails, levels of a pyramid and masks are no pages; but where every directory is marked as reduced they are pages
 * (fax programs set the flag wrongly), unless a directory below one of them holds the picture in full.
 * @throws CORRUPT_INPUT when no page is left, UNSUPPORTED_MEDIA_TYPE for a raw camera file
 */
export function findPages(source: ByteSource, limits: Limits): TiffPages {
  const file = openTiff(source)
  const chain = readChain(file, limits.pages * DIRECTORIES_PER_PAGE)
  const images = chain.directories.filter((directory) => hasImage(file, directory))
  const below = subImages(file, images)
  refuseRawCamera(file, [...images, ...below.images], images)
  const marked = pagesByMarks(file, images)
  const full = marked.length === 0 || marked.every((page) => isMarkedReduced(file, page)) ? fullBelow(file, marked, below) : undefined
  const listed = full ?? withoutLevels(file, marked)
  const pages = withoutLostTail(file, listed)
  if (pages.length === 0) throw new ImageDocError('CORRUPT_INPUT', 'The TIFF file has no directory with a picture; get a whole copy of it.')
  const lost = { chain, directories: chain.directories.length - images.length, tail: listed.length - pages.length }
  return {
    file,
    pages,
    alone: chain.directories.length === 1 && pages[0] === chain.directories[0],
    diagnostics: [...lostPages(pages.length, lost), ...cutPages(file, pages), ...levelsLeftOut(marked.length - listed.length, full)],
  }
}

interface Below {
  images: Directory[]
  lost: boolean
}

function subImages(file: TiffFile, images: readonly Directory[]): Below {
  const read = images.filter((directory) => directory.fields.has(tag.subDirectories)).slice(0, 64)
  const found = read.map((directory) => readSubDirectories(file, directory))
  return {
    images: found.flatMap(({ directories }) => directories).filter((directory) => hasImage(file, directory)),
    lost: found.some(({ lost }) => lost),
  }
}

function refuseRawCamera(file: TiffFile, all: readonly Directory[], main: readonly Directory[]): void {
  if (
    !isRawCamera(
      file,
      all,
      main.filter((directory) => !isMarkedReduced(file, directory)),
    )
  )
    return
  throw new ImageDocError(
    'UNSUPPORTED_MEDIA_TYPE',
    'The file is a raw camera file (DNG, NEF, CR2, ARW or alike); the picture in it is not developed. Develop it with a raw converter, for example "dcraw -T in.dng" or darktable, and give the TIFF or JPEG.',
  )
}

/** Bit 1 of NewSubfileType, or SubfileType 2 of TIFF 5. */
function isMarkedReduced(file: TiffFile, directory: Directory): boolean {
  const marks = readFirst(file, directory, tag.newSubfileType)
  return marks === undefined ? readFirst(file, directory, tag.subfileType) === 2 : (marks & 1) === 1
}

const isMask = (file: TiffFile, directory: Directory): boolean =>
  ((readFirst(file, directory, tag.newSubfileType) ?? 0) & 4) === 4 || readFirst(file, directory, tag.photometric) === 4

function pagesByMarks(file: TiffFile, images: readonly Directory[]): readonly Directory[] {
  const pictures = images.filter((directory) => !isMask(file, directory))
  const candidates = pictures.length === 0 ? images : pictures
  const full = candidates.filter((directory) => !isMarkedReduced(file, directory)).map((directory) => sizeOf(file, directory))
  return candidates.filter((directory) => {
    if (!isMarkedReduced(file, directory)) return true
    const size = sizeOf(file, directory)
    return !full.some((of) => isReducedCopy(size, of))
  })
}

interface Size {
  width: number
  height: number
}

function isReducedCopy(size: Size, of: Size): boolean {
  const [across, down] = [size.width / of.width, size.height / of.height]
  const side = Math.max(across, down)
  return side <= THUMBNAIL_SIDE || (side <= REDUCED_SIDE && Math.abs(across / down - 1) <= SAME_RATIO)
}

/** Where the chain has thumbnails alone, the pictures that stand below them. @throws CORRUPT_INPUT when those lie outside the file */
function fullBelow(file: TiffFile, thumbnails: readonly Directory[], below: Below): readonly Directory[] | undefined {
  const pictures = below.images.filter((directory) => !isMarkedReduced(file, directory) && !isMask(file, directory))
  const larger = pictures.filter((picture) => thumbnails.every((small) => isReducedCopy(sizeOf(file, small), sizeOf(file, picture))))
  if (larger.length > 0) return larger
  if (!below.lost) return undefined
  throw new ImageDocError(
    'CORRUPT_INPUT',
    'The TIFF file is damaged or cut off: only a reduced copy of its picture is left. Get a whole copy of it.',
  )
}

/**
 * Drops the levels of a pyramid whose writer set no flag: each is tiled, stored like the one before it, and 1/2, 1/4 or 1/8 of its size.
 * Two tiled pages of a document of which the second is exactly half as large do not occur; the report says what was left out.
 */
function withoutLevels(file: TiffFile, pages: readonly Directory[]): readonly Directory[] {
  const kept: Directory[] = []
  let level: Directory | undefined
  for (const page of pages) {
    if (level === undefined || !isLevelOf(file, page, level)) kept.push(page)
    level = page
  }
  return kept
}

function isLevelOf(file: TiffFile, page: Directory, before: Directory): boolean {
  if (!page.fields.has(tag.tileWidth) || !before.fields.has(tag.tileWidth)) return false
  if ([tag.photometric, tag.samples].some((name) => readFirst(file, page, name) !== readFirst(file, before, name))) return false
  const [small, large] = [sizeOf(file, page), sizeOf(file, before)]
  const isPart = (part: number, whole: number, by: number): boolean => part >= Math.floor(whole / by) && part <= Math.ceil(whole / by)
  return [2, 4, 8].some((by) => isPart(small.width, large.width, by) && isPart(small.height, large.height, by))
}

/** A file that was cut has lost the last pages' bytes; directories in front of them do not make them pages. */
function withoutLostTail(file: TiffFile, pages: readonly Directory[]): readonly Directory[] {
  let end = pages.length
  while (end > 1 && isLost(file, pages[end - 1] as Directory)) end--
  return pages.slice(0, end)
}

function isLost(file: TiffFile, page: Directory): boolean {
  const layout = readLayout(file, page)
  return missingShare(segmentsOf(file, page, layout), layout) > 0.5
}

const ENDS: Readonly<Record<Chain['end'], string>> = {
  whole: 'a directory or the bytes of a page lie outside the file',
  cut: 'the chain of its directories leaves the file',
  loop: 'the chain of its directories goes in a circle',
  bound: 'the chain of its directories is longer than the limit',
}

function lostPages(pages: number, lost: { chain: Chain; directories: number; tail: number }): Diagnostic[] {
  if (lost.chain.end === 'whole' && lost.directories + lost.tail === 0) return []
  const why = ENDS[lost.chain.end]
  const isCut = lost.chain.end === 'whole' || lost.chain.end === 'cut'
  const message = `Pages of the TIFF file are lost: ${why}. ${pages === 1 ? '1 page is' : `${pages} pages are`} left. Get a whole copy of the file.`
  return [
    {
      code: 'PAGES_LOST',
      severity: 'warning',
      message,
      details: { pages, chain: lost.chain.end, known: lost.directories + lost.tail, ...cutOffIf(isCut) },
    },
  ]
}

/** Directories may share one list of a million strips; a book of a thousand pages has far fewer. */
const MOST_SEGMENTS = 1_000_000

/** Of a file of several pages, which is not decoded where it is only counted: those that are cut off. One page says so when it is decoded. */
function cutPages(file: TiffFile, pages: readonly Directory[]): Diagnostic[] {
  if (pages.length === 1) return []
  const cut: number[] = []
  let looked = 0
  for (const [index, page] of pages.entries()) {
    const segments = segmentsOf(file, page, readLayout(file, page))
    if (isAnyCut(segments)) cut.push(index + 1)
    looked += segments.length
    if (looked > MOST_SEGMENTS) break
  }
  if (cut.length === 0) return []
  const which =
    cut.length === 1 ? `Page ${cut[0]} of the TIFF file is` : `${cut.length} pages of the TIFF file, from page ${cut[0]} on, are`
  const message = `${which} cut off: bytes of it lie beyond the end of the file. Get a whole copy of the file.`
  return [{ code: 'PAGES_CUT_OFF', severity: 'warning', message, details: { pages: cut.slice(0, 20), cutOff: true } }]
}

function levelsLeftOut(count: number, full: readonly Directory[] | undefined): Diagnostic[] {
  if (full || count <= 0) return []
  const message = `${count} tiled directories, each a half, quarter or eighth of the one before, were taken for the levels of a pyramid and left out.`
  return [{ code: 'PYRAMID_LEVELS', severity: 'info', message, details: { count } }]
}
