import type { Matrix } from '@imagedoc/core'

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
