import {
  type Diagnostic,
  ImageDocError,
  identity,
  isBilevel,
  type Limits,
  type Matrix,
  type Pixels,
  raiseLimit,
  scaling,
} from '@imagedoc/core'
import { stretch } from './stretch.ts'

/** Pixels per inch along each axis; a bare proportion does as well. */
export interface AxisDensity {
  readonly x: number
  readonly y: number
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Within this, two densities are one that was rounded twice. */
const SAME = 0.01
/** No scanner and no fax has pixels of a longer shape; a claim beyond it is a mistake. */
const LONGEST_SHAPE = 4
const MIDDLE_GREY = 128

/** True for a claim that two axes differ so much that no device makes such pixels. */
export function isAbsurdShape(density: AxisDensity | null): boolean {
  return density !== null && ratioOf(density) > LONGEST_SHAPE
}

const ratioOf = ({ x, y }: AxisDensity): number => Math.max(x / y, y / x)

/** The size that an image has with square pixels: its coarse axis is stretched to the density of the finer one. */
export function squareSize({ width, height }: Size, density: AxisDensity | null): Size {
  if (density === null || ratioOf(density) <= 1 + SAME || isAbsurdShape(density)) return { width, height }
  const { x, y } = density
  return { width: Math.max(width, Math.round((width * y) / x)), height: Math.max(height, Math.round((height * x) / y)) }
}

/** @throws TOO_MANY_PIXELS when the image is over the limit once its pixels are square */
export function assertSquareSize(size: Size, density: AxisDensity | null, limits: Limits): void {
  const square = squareSize(size, density)
  if (square.width * square.height <= limits.pixels) return
  throw new ImageDocError(
    'TOO_MANY_PIXELS',
    `The image has ${square.width} x ${square.height} pixels once they are made square, more than the ${limits.pixels} that the limit allows; scale it down or ${raiseLimit('pixels')}.`,
    { details: { ...square, limit: limits.pixels } },
  )
}

/**
 * Gives pixels that are not square their shape by stretching the coarse axis to the finer one, as a page of 204 x 98 dots an inch needs it. Black and
 * white stays so. `matrix` maps the result to the given pixels; the result's density is the finer of the two. A shape beyond 4 to 1 is not
 * believed: the pixels stay as they are, without a density, and a diagnostic says so.
 */
export async function makeSquare(
  pixels: Pixels,
  density: AxisDensity | null,
): Promise<{ pixels: Pixels; matrix: Matrix; diagnostics: readonly Diagnostic[] }> {
  if (density === null) return { pixels, matrix: identity, diagnostics: [] }
  if (isAbsurdShape(density)) return { pixels: { ...pixels, density: null }, matrix: identity, diagnostics: [shapeDoubtful(density)] }
  const known = { ...pixels, density: Math.max(density.x, density.y) }
  const { width, height } = squareSize(pixels, density)
  if (width === pixels.width && height === pixels.height) return { pixels: known, matrix: identity, diagnostics: [] }
  return { pixels: stretched(known, { width, height }), matrix: scaling(pixels.width / width, pixels.height / height), diagnostics: [] }
}

function stretched(pixels: Pixels, { width, height }: Size): Pixels {
  const large = width > pixels.width ? stretch(pixels, 'x', width) : stretch(pixels, 'y', height)
  if (isBilevel(pixels)) {
    const { data } = large
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) < MIDDLE_GREY ? 0 : 255
  }
  return large
}

function shapeDoubtful({ x, y }: AxisDensity): Diagnostic {
  return {
    code: 'PIXEL_SHAPE_DOUBTFUL',
    severity: 'warning',
    message: `The file says that its pixels are ${ratioOf({ x, y }).toFixed(1)} times as long as wide, which no scanner makes; they are taken as square, and the density as unknown.`,
    details: { x, y },
  }
}
