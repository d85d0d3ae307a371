import type { Pixels } from '@imagedoc/core'
import { madePage } from './pages.ts'

/** Two columns that a picture with its caption divides: an engine takes the caption for the end of both. */
export async function dividedPage(): Promise<Pixels> {
  const options = { width: 800, height: 320, dpi: 110, degradation: 'clean' } as const
  const columns = async (seed: number): Promise<Pixels> => (await madePage({ ...options, seed, layout: 'two-column' })).pixels
  const { pixels: text } = await madePage({ ...options, seed: 4 })
  // Without the running heads; of the text two lines.
  return stacked([rows(await columns(3), [68, 300]), picture(800, 140), rows(text, [66, 117]), rows(await columns(5), [68, 320])])
}

/** A grey box with white around it. */
function picture(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height).fill(255)
  for (let y = 10; y < height - 10; y++) for (let x = 110; x < width - 110; x++) data[y * width + x] = 90 + ((x * 7 + y * 13) % 80)
  return { width, height, channels: 1, density: 110, data }
}

function rows(page: Pixels, [from, to]: readonly [number, number]): Pixels {
  return { ...page, height: to - from, data: page.data.slice(from * page.width, to * page.width) }
}

function stacked(pages: readonly [Pixels, ...Pixels[]]): Pixels {
  const data = new Uint8Array(Buffer.concat(pages.map((page) => page.data)))
  return { ...pages[0], height: pages.reduce((sum, { height }) => sum + height, 0), data }
}
