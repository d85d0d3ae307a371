import type { Pixels } from '@imagedoc/core'

/** The page on white paper: what Tesseract itself does with transparency, done once for both engines. */
export function opaque(page: Pixels): Pixels {
  if (page.channels !== 4) return page
  const count = page.width * page.height
  const data = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    const alpha = page.data[i * 4 + 3] as number
    const paper = 255 * (255 - alpha)
    for (let c = 0; c < 3; c++) data[i * 3 + c] = Math.round(((page.data[i * 4 + c] as number) * alpha + paper) / 255)
  }
  return { ...page, channels: 3, data }
}
