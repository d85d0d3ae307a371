import { type Box, compose, invert, type Limits, type Matrix, mapBox, scaling } from '@imagedoc/core'
import { clipBoxOf } from './clip.ts'
import type { PageGeometry } from './geometry.ts'
import type { Runtime } from './heap.ts'
import { objectMatrix, type PlacedImage, pixelSizeOf, visitVisible } from './page-objects.ts'
import { type Turn, turnOf } from './turn.ts'

/** The one image that is all that a page shows. */
export interface Scan {
  readonly object: number
  /** Whether it is seen as it is, only drawing the page can tell. */
  readonly doubtful: boolean
  readonly width: number
  readonly height: number
  /** From the stored pixels to the document. */
  readonly toOriginal: Matrix
  readonly turn: Turn
  /** Dots per inch across the page as it is shown. */
  readonly density: number
}

/** A scan fills its page; what it leaves free is a margin. */
const COVERAGE = 0.9
/** An image that reaches further out is cropped by its page, which the stored pixels would not be. */
const OVERHANG = 0.01
/** Fax scans have pixels twice as high as wide: drawn anew, with square ones. */
const SQUARE = 0.02
/** PDF 32000-1, 9.3.6: text that is filled and clips, strokes and clips, both, or only clips. */
const FIRST_CLIPPING_MODE = 4
/** Points by which boxes may differ. */
const SLACK = 1

/** The scan that a page consists of, if it is one: nothing else is visible on it, and the image lies straight and is whole. */
export function findScan(
  runtime: Runtime,
  page: number,
  { geometry, limits }: { geometry: PageGeometry; limits: Pick<Limits, 'pixels'> },
): Scan | undefined {
  const placed = onlyVisibleImage(runtime, page, geometry)
  if (placed === undefined || placed.veiled || runtime.api.FPDFPageObj_HasTransparency(placed.object)) return undefined
  const { width, height } = pixelSizeOf(runtime, placed.object)
  if (width < 1 || height < 1 || width * height > limits.pixels) return undefined
  return placeScan({ ...placed, width, height }, geometry)
}

/** Where pixels of this size lie; undefined when they lie aslant or are not square. */
export function placeScan(
  { object, doubtful, matrix, width, height }: PlacedImage & { width: number; height: number },
  geometry: PageGeometry,
): Scan | undefined {
  const toOriginal = compose(compose(geometry.userToOriginal, matrix), [1 / width, 0, 0, 0, -1 / height, 1, 0, 0, 1])
  const toShown = compose(compose(scaling(geometry.width, geometry.height), invert(geometry.unitToOriginal)), toOriginal)
  if (toOriginal === null || toShown === null) return undefined
  const turn = turnOf(toShown)
  if (turn === undefined) return undefined
  const [a, b, , c, d] = toShown
  const [stepX, stepY] = turn.swap ? [Math.abs(b), Math.abs(c)] : [Math.abs(a), Math.abs(d)]
  if (Math.abs(stepX / stepY - 1) > SQUARE) return undefined
  return { object, doubtful, width, height, toOriginal, turn, density: Math.round((72 / stepX) * 100) / 100 }
}

function onlyVisibleImage(runtime: Runtime, page: number, geometry: PageGeometry): PlacedImage | undefined {
  const originalToUser = invert(geometry.userToOriginal)
  const shown = mapBox(compose(originalToUser, geometry.unitToOriginal) ?? geometry.unitToOriginal, [0, 0, 1, 1])
  let scan: { image: PlacedImage; box: Box } | undefined
  let under: Box | undefined
  let plain = true
  visitVisible(runtime, page, ({ box, image, white, text }) => {
    // Text that clips what follows is in no list of clips that PDFium gives.
    if (text !== undefined && runtime.api.FPDFTextObj_GetTextRenderMode(text) >= FIRST_CLIPPING_MODE) plain = false
    // An image hides what was drawn under it, white paper is as good as none, and what lies off the page is not seen.
    if (image !== undefined && scan === undefined && fills(box, shown)) scan = { image, box }
    else if (isApart(box, shown)) return true
    else if (scan !== undefined) plain = false
    else if (!white) under = union(under, intersection(box, shown))
    return plain
  })
  if (scan === undefined || !plain || (under !== undefined && !contains(scan.box, under))) return undefined
  return isWhole(runtime, scan, shown) ? scan.image : undefined
}

function isWhole(runtime: Runtime, { image, box }: { image: PlacedImage; box: Box }, shown: Box): boolean {
  const clip = clipBoxOf(runtime, image.object)
  if (clip === null) return false
  if (clip === undefined) return true
  // Inside a form the clip is in the form's coordinates: the image's own matrix, not the composed one, maps to them.
  const form = compose(image.matrix, invert(objectMatrix(runtime, image.object)))
  return form !== null && contains(mapBox(form, clip), intersection(box, shown))
}

function fills(box: Box, shown: Box): boolean {
  const [width, height] = [shown[2] - shown[0], shown[3] - shown[1]]
  const overhang = Math.max(
    (shown[0] - box[0]) / width,
    (box[2] - shown[2]) / width,
    (shown[1] - box[1]) / height,
    (box[3] - shown[3]) / height,
  )
  return area(intersection(box, shown)) > COVERAGE * area(shown) && overhang <= OVERHANG
}

function area([x0, y0, x1, y1]: Box): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0)
}

/** Beside each other; a rule has no area, but may be seen. */
function isApart(one: Box, other: Box): boolean {
  return one[2] < other[0] || other[2] < one[0] || one[3] < other[1] || other[3] < one[1]
}

function intersection(one: Box, other: Box): Box {
  return [Math.max(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]), Math.min(one[3], other[3])]
}

function union(one: Box | undefined, other: Box): Box {
  if (one === undefined) return other
  return [Math.min(one[0], other[0]), Math.min(one[1], other[1]), Math.max(one[2], other[2]), Math.max(one[3], other[3])]
}

function contains(outer: Box, inner: Box): boolean {
  return inner[0] >= outer[0] - SLACK && inner[1] >= outer[1] - SLACK && inner[2] <= outer[2] + SLACK && inner[3] <= outer[3] + SLACK
}
