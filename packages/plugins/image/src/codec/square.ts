import { type Diagnostic, identity, type Matrix, type Pixels, scaling } from '@imagedoc/core'
import { collectPixels, openPixels } from './raw.ts'

/** Within this the pixels count as square: scanners round 300 to 299.9. */
const SQUARE = 0.01
/** No scanner or fax has a coarser ratio (204 x 98 is 2.1); a file that claims one is mistaken. */
const MOST = 4

/** Size in pixels and density in dots per inch. */
export interface SquareSize {
  width: number
  height: number
  density: number | null
}

/** The size of a page after its pixels were made square: the coarse axis grows to the finer one. Unknown, and a ratio that is not believed, change nothing. */
export function squareSize(size: { width: number; height: number }, density: { x: number; y: number } | null): SquareSize {
  const { width, height } = size
  if (density === null || isDoubtful(density)) return { width, height, density: null }
  const { x, y } = density
  if (Math.abs(x / y - 1) <= SQUARE) return { width, height, density: x }
  return x > y ? { width, height: Math.round((height * x) / y), density: x } : { width: Math.round((width * y) / x), height, density: y }
}

/**
 * Makes the pixels of a page square. A black and white page stays black and white. `matrix` maps from the result to the given pixels.
 * Density in dots per inch along rows and columns of the given pixels; a ratio beyond 4 is not believed, and reported.
 */
export async function makeSquare(
  pixels: Pixels,
  density: { x: number; y: number } | null,
): Promise<{ pixels: Pixels; matrix: Matrix; diagnostics: Diagnostic[] }> {
  const size = squareSize(pixels, density)
  const diagnostics = density !== null && isDoubtful(density) ? [doubtful(density)] : []
  if (size.width === pixels.width && size.height === pixels.height)
    return { pixels: { ...pixels, density: size.density }, matrix: identity, diagnostics }
  const grey = pixels.channels === 1
  const resized = openPixels(pixels).resize({ width: size.width, height: size.height, fit: 'fill', kernel: 'cubic' })
  const made = await collectPixels(resized, { grey, density: size.density })
  if (isBilevel(pixels)) for (let i = 0; i < made.data.length; i++) made.data[i] = (made.data[i] as number) > 127 ? 255 : 0
  return { pixels: made, matrix: scaling(pixels.width / size.width, pixels.height / size.height), diagnostics }
}

const isDoubtful = ({ x, y }: { x: number; y: number }): boolean => Math.max(x / y, y / x) > MOST

function doubtful({ x, y }: { x: number; y: number }): Diagnostic {
  const message = `The file claims ${x} dots per inch across and ${y} down, which no scanner has; its density was taken for unknown.`
  return { code: 'PIXELS_NOT_SQUARE', severity: 'warning', message, details: { x, y } }
}

function isBilevel({ channels, data }: Pixels): boolean {
  return channels === 1 && data.every((value) => value === 0 || value === 255)
}
