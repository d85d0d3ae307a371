import type { Pixels } from '@imagedoc/core'

/** True when every value is black or white. */
export function isBilevel(pixels: Pixels): boolean {
  if (pixels.channels !== 1) return false
  const { data } = pixels
  for (let i = 0; i < data.length; i++) if (data[i] !== 0 && data[i] !== 255) return false
  return true
}
