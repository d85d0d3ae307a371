import { type Box, compose, ImageDocError, identity, invert, type Limits, type Matrix, mapBox, raiseLimit } from '@imagedoc/core'
import { clipBoxOf } from './clip.ts'
import type { PageGeometry } from './geometry.ts'
import type { Runtime } from './heap.ts'

/** An image on a page. */
export interface PlacedImage {
  /** PDFium's handle, valid while the page is open. */
  readonly object: number
  /** From the image's unit square (y up) to user space. */
  readonly matrix: Matrix
  /** It may be hidden or seen through for a reason outside itself: it is in a form, or in a layer that can be switched off. */
  readonly doubtful: boolean
  /** A form that it is in is drawn through a mask, thinly or by a blend mode. */
  readonly veiled: boolean
}

const kinds = { text: 1, path: 2, image: 3, shading: 4, form: 5 }
/** Mode 7 paints nothing either, but clips what follows. */
const invisibleMode = 3
/** Forms may nest, and a damaged file may nest them without end. */
const DEEPEST_FORM = 8
/** Points by which a clip may cut into what it clips, from rounding. */
const SLACK = 1

/** Called for each object that leaves a mark, in drawing order; gives false to stop. */
export type Visit = (seen: Seen) => boolean

/** An object that leaves a mark. */
export interface Seen {
  /** In user space. */
  readonly box: Box
  readonly image: PlacedImage | undefined
  readonly white: boolean
  /** PDFium's handle of a piece of text. */
  readonly text: number | undefined
}

/** Walks over what is visible on a page, into forms, without invisible text, clips and empty paths. */
export function visitVisible(runtime: Runtime, page: number, visit: Visit): void {
  const { api } = runtime
  walk(
    runtime,
    {
      count: api.FPDFPage_CountObjects(page),
      at: (index) => api.FPDFPage_GetObject(page, index),
      matrix: identity,
      depth: 0,
      veiled: false,
    },
    visit,
  )
}

/** True when the page draws nothing at all. */
export function isBlank(runtime: Runtime, page: number): boolean {
  return runtime.api.FPDFPage_CountObjects(page) === 0 && runtime.api.FPDFPage_GetAnnotCount(page) === 0
}

/** How many times the limit on pixels an image may have: a bilevel A0 at 600 dpi has six times the default. */
const DECODED_TIMES = 10

/**
 * A page is drawn no larger than the limit, but an image on it is decoded whole first: 1.2 Gpx out of 12 KB take 7 s.
 * @throws TOO_MANY_PIXELS
 */
export function assertDecodable(runtime: Runtime, page: number, limits: Pick<Limits, 'pixels'>): void {
  visitVisible(runtime, page, ({ image }) => {
    const { width, height } = image ? pixelSizeOf(runtime, image.object) : { width: 0, height: 0 }
    if (width * height <= limits.pixels * DECODED_TIMES) return true
    throw new ImageDocError(
      'TOO_MANY_PIXELS',
      `An image on the page has ${width} x ${height} pixels; with a limit of ${limits.pixels}, at most ${DECODED_TIMES} times as many are decoded to draw a page. Make the image smaller, or ${raiseLimit('pixels')}.`,
      {
        details: { width, height },
      },
    )
  })
}

/** The size of an image's stored pixels; 0 x 0 when it has none. */
export function pixelSizeOf({ api, heap }: Runtime, object: number): { width: number; height: number } {
  if (!api.FPDFImageObj_GetImagePixelSize(object, heap.scratch, heap.scratch + 4)) return { width: 0, height: 0 }
  const [width = 0, height = 0] = heap.words(2)
  return { width, height }
}

/** The share of the page that lies under an image: of the box around it, 0..1. */
export function coveredShare(matrix: Matrix, { unitToOriginal, userToOriginal }: PageGeometry): number {
  const toUnit = compose(compose(invert(unitToOriginal), userToOriginal), matrix)
  if (toUnit === null) return 0
  const [x0, y0, x1, y1] = mapBox(toUnit, [0, 0, 1, 1])
  return Math.max(0, Math.min(1, x1) - Math.max(0, x0)) * Math.max(0, Math.min(1, y1) - Math.max(0, y0))
}

interface Level {
  count: number
  at(index: number): number
  matrix: Matrix
  depth: number
  veiled: boolean
}

function walk(runtime: Runtime, level: Level, visit: Visit): boolean {
  const { api } = runtime
  for (let index = 0; index < level.count; index++) {
    const object = level.at(index)
    const kind = api.FPDFPageObj_GetType(object)
    if (kind === kinds.form) {
      if (level.depth >= DEEPEST_FORM)
        return visit({ box: mapBox(level.matrix, bounds(runtime, object)), image: undefined, white: false, text: undefined })
      const matrix = compose(level.matrix, objectMatrix(runtime, object)) ?? level.matrix
      const inner = {
        count: api.FPDFFormObj_CountObjects(object),
        at: (i: number) => api.FPDFFormObj_GetObject(object, i),
        matrix,
        depth: level.depth + 1,
        veiled: level.veiled || api.FPDFPageObj_HasTransparency(object) || clips(runtime, object),
      }
      if (!walk(runtime, inner, visit)) return false
    } else if (leavesMark(runtime, object, kind)) {
      const image = kind === kinds.image ? placedImage(runtime, object, level) : undefined
      const box = image ? mapBox(image.matrix, [0, 0, 1, 1]) : mapBox(level.matrix, bounds(runtime, object))
      const text = kind === kinds.text ? object : undefined
      if (!visit({ box, image, text, white: kind === kinds.path && isWhite(runtime, object) })) return false
    }
  }
  return true
}

/** Whether a clip cuts into what an object shows. */
function clips(runtime: Runtime, object: number): boolean {
  const clip = clipBoxOf(runtime, object)
  if (clip === undefined || clip === null) return clip === null
  const [left, bottom, right, top] = bounds(runtime, object)
  return left < clip[0] - SLACK || bottom < clip[1] - SLACK || right > clip[2] + SLACK || top > clip[3] + SLACK
}

function placedImage(runtime: Runtime, object: number, level: Level): PlacedImage {
  const matrix = compose(level.matrix, objectMatrix(runtime, object)) ?? identity
  return { object, matrix, doubtful: level.depth > 0 || isInLayer(runtime, object), veiled: level.veiled }
}

/** Marked as optional content (PDF 32000-1, 8.11.3.2). */
function isInLayer({ api, heap }: Runtime, object: number): boolean {
  for (let index = 0; index < api.FPDFPageObj_CountMarks(object); index++) {
    api.FPDFPageObjMark_GetName(api.FPDFPageObj_GetMark(object, index), heap.scratch, 64, heap.scratch + 64)
    // UTF-16: O, C and the end
    if (heap.words(2)[0] === 0x0043004f && heap.words(2)[1] === 0) return true
  }
  return false
}

function leavesMark({ api, heap }: Runtime, object: number, kind: number): boolean {
  if (kind === kinds.text) return api.FPDFTextObj_GetTextRenderMode(object) !== invisibleMode
  if (kind !== kinds.path) return true
  api.FPDFPath_GetDrawMode(object, heap.scratch, heap.scratch + 4)
  const [fill, stroke] = heap.words(2)
  return fill !== 0 || stroke !== 0
}

/** A path that is filled white and has no other colour: the paper that some programs paint first. */
function isWhite({ api, heap }: Runtime, object: number): boolean {
  api.FPDFPath_GetDrawMode(object, heap.scratch, heap.scratch + 4)
  const [fill, stroke] = heap.words(2)
  api.FPDFPageObj_GetFillColor(object, heap.scratch, heap.scratch + 4, heap.scratch + 8, heap.scratch + 12)
  const [red, green, blue] = heap.words(3)
  return fill !== 0 && stroke === 0 && red === 255 && green === 255 && blue === 255
}

/** From an object's own coordinates to those of the form or page that holds it. */
export function objectMatrix({ api, heap }: Runtime, object: number): Matrix {
  api.FPDFPageObj_GetMatrix(object, heap.scratch)
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = heap.floats(6)
  return [a, c, e, b, d, f, 0, 0, 1]
}

function bounds({ api, heap }: Runtime, object: number): Box {
  api.FPDFPageObj_GetBounds(object, heap.scratch, heap.scratch + 4, heap.scratch + 8, heap.scratch + 12)
  const [left = 0, bottom = 0, right = 0, top = 0] = heap.floats(4)
  return [left, bottom, right, top]
}
