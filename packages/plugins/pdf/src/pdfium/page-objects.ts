import { type Box, compose, ImageDocError, identity, type Limits, type Matrix, mapBox } from '@imagedoc/core'
import type { Runtime } from './heap.ts'

/** An image on a page. */
export interface PlacedImage {
  /** PDFium's handle, valid while the page is open. */
  readonly object: number
  /** From the image's unit square (y up) to user space. */
  readonly matrix: Matrix
  /** It may be hidden or seen through for a reason outside itself: it is in a form, or in a layer that can be switched off. */
  readonly doubtful: boolean
}

const kinds = { text: 1, path: 2, image: 3, shading: 4, form: 5 }
const invisibleModes = new Set([3, 7])
/** Forms may nest, and a damaged file may nest them without end. */
const DEEPEST_FORM = 8
/** PDFium ignores the subtypes 2 (link) and 16 (popup) when it draws; annotation flag 2 is "hidden". */
const undrawnAnnotations = new Set([2, 16])
const hiddenFlag = 2

/** Called for each object that leaves a mark, in drawing order; gives false to stop. */
export type Visit = (seen: { box: Box; image: PlacedImage | undefined; white: boolean }) => boolean

/** Walks over what is visible on a page, into forms, without invisible text, clips and empty paths. */
export function visitVisible(runtime: Runtime, page: number, visit: Visit): void {
  const { api } = runtime
  walk(
    runtime,
    { count: api.FPDFPage_CountObjects(page), at: (index) => api.FPDFPage_GetObject(page, index), matrix: identity, depth: 0 },
    visit,
  )
}

/** True when an annotation is drawn on the page. */
export function hasVisibleAnnotations({ api }: Runtime, page: number): boolean {
  for (let index = 0; index < api.FPDFPage_GetAnnotCount(page); index++) {
    const annotation = api.FPDFPage_GetAnnot(page, index)
    const drawn = !undrawnAnnotations.has(api.FPDFAnnot_GetSubtype(annotation)) && (api.FPDFAnnot_GetFlags(annotation) & hiddenFlag) === 0
    api.FPDFPage_CloseAnnot(annotation)
    if (drawn) return true
  }
  return false
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
      `An image on the page has ${width} x ${height} pixels; with a limit of ${limits.pixels}, at most ${DECODED_TIMES} times as many are decoded to draw a page. Raise the limit, or make the image smaller.`,
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

interface Level {
  count: number
  at(index: number): number
  matrix: Matrix
  depth: number
}

function walk(runtime: Runtime, level: Level, visit: Visit): boolean {
  const { api } = runtime
  for (let index = 0; index < level.count; index++) {
    const object = level.at(index)
    const kind = api.FPDFPageObj_GetType(object)
    if (kind === kinds.form) {
      if (level.depth >= DEEPEST_FORM) return visit({ box: mapBox(level.matrix, bounds(runtime, object)), image: undefined, white: false })
      const matrix = compose(level.matrix, objectMatrix(runtime, object)) ?? level.matrix
      const inner = {
        count: api.FPDFFormObj_CountObjects(object),
        at: (i: number) => api.FPDFFormObj_GetObject(object, i),
        matrix,
        depth: level.depth + 1,
      }
      if (!walk(runtime, inner, visit)) return false
    } else if (leavesMark(runtime, object, kind)) {
      const image = kind === kinds.image ? placedImage(runtime, object, level) : undefined
      const box = image ? mapBox(image.matrix, [0, 0, 1, 1]) : mapBox(level.matrix, bounds(runtime, object))
      if (!visit({ box, image, white: kind === kinds.path && isWhite(runtime, object) })) return false
    }
  }
  return true
}

function placedImage(runtime: Runtime, object: number, level: Level): PlacedImage {
  const matrix = compose(level.matrix, objectMatrix(runtime, object)) ?? identity
  return { object, matrix, doubtful: level.depth > 0 || isInLayer(runtime, object) }
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
  if (kind === kinds.text) return !invisibleModes.has(api.FPDFTextObj_GetTextRenderMode(object))
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
