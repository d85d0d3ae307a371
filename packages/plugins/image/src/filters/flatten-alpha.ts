import type { Pixels } from '@imagedoc/core'

/** RGBA laid on white, as paper is; anything without transparency is given back as it is. */
export function flattenAlpha(pixels: Pixels): Pixels {
  if (pixels.channels !== 4) return pixels
  const { width, height, data } = pixels
  const out = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3] as number
    for (let c = 0; c < 3; c++) out[to + c] = Math.round(255 + (((data[from + c] as number) - 255) * alpha) / 255)
  }
  return { ...pixels, channels: 3, data: out }
}
