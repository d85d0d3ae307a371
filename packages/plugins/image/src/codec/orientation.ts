import type { Matrix, Pixels } from '@imagedoc/core'

/**
 * The map from an upright image to the stored grid, for a value of the EXIF tag Orientation (EXIF 2.32, 4.6.4 A). `width` and `height`
 * are those of the stored grid.
 */
export function orientationMatrix(orientation: number, width: number, height: number): Matrix {
  switch (orientation) {
    case 2:
      return [-1, 0, width, 0, 1, 0, 0, 0, 1]
    case 3:
      return [-1, 0, width, 0, -1, height, 0, 0, 1]
    case 4:
      return [1, 0, 0, 0, -1, height, 0, 0, 1]
    case 5:
      return [0, 1, 0, 1, 0, 0, 0, 0, 1]
    case 6:
      return [0, 1, 0, -1, 0, height, 0, 0, 1]
    case 7:
      return [0, -1, width, -1, 0, height, 0, 0, 1]
    case 8:
      return [0, -1, width, 1, 0, 0, 0, 0, 1]
    default:
      return [1, 0, 0, 0, 1, 0, 0, 0, 1]
  }
}

/** True for the orientations that exchange width and height. */
export function isTurned(orientation: number): boolean {
  return orientation >= 5 && orientation <= 8
}

/** Pixels of the stored grid, turned and mirrored as the orientation says. */
export function turnUpright(pixels: Pixels, orientation: number): Pixels {
  if (orientation <= 1) return pixels
  const { channels, data: from } = pixels
  const [width, height] = isTurned(orientation) ? [pixels.height, pixels.width] : [pixels.width, pixels.height]
  const [a, b, c, d, e, f] = orientationMatrix(orientation, pixels.width, pixels.height)
  const data = new Uint8Array(from.length)
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor(a * (x + 0.5) + b * (y + 0.5) + c)
      const row = Math.floor(d * (x + 0.5) + e * (y + 0.5) + f)
      for (let channel = 0, at = (row * pixels.width + column) * channels; channel < channels; channel++) data[to++] = from[at++] as number
    }
  }
  return { ...pixels, width, height, data }
}
