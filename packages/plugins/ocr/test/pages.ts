import { type Layout, linesOf, type Pixels, type Word } from '@imagedoc/core'
import { type FixturePage, type PageOptions, renderPage } from '@imagedoc/fixtures'

/** A made page as pixels, with the truth about it. Small, so that a test reads it within a second. */
export async function madePage(options: Partial<PageOptions> & { seed: number }): Promise<{ pixels: Pixels; page: FixturePage }> {
  const page = await renderPage({ width: 900, height: 520, dpi: 150, channels: 1, degradation: 'light', ...options })
  return { page, pixels: toPixels(page) }
}

export function toPixels({ width, height, channels, dpi, pixels }: FixturePage): Pixels {
  return { width, height, channels: channels as Pixels['channels'], density: dpi, data: new Uint8Array(pixels) }
}

export function blankPage(width: number, height: number): Pixels {
  return { width, height, channels: 1, density: 300, data: new Uint8Array(width * height).fill(255) }
}

/** The words of a layout in its order. */
export function wordsOf(layout: Layout): readonly Word[] {
  return layout.blocks.flatMap(linesOf).flatMap((line) => line.words ?? [])
}

/** Levenshtein distance by the length of the truth, white space aside. */
export function characterErrorRate(truth: string, read: string): number {
  const wanted = [...plain(truth)]
  const got = [...plain(read)]
  let row = got.map((_, index) => index + 1)
  row.unshift(0)
  for (const [i, letter] of wanted.entries()) {
    const next = [i + 1]
    for (let j = 0; j < got.length; j++) {
      const substituted = (row[j] as number) + (letter === got[j] ? 0 : 1)
      next.push(Math.min(substituted, (row[j + 1] as number) + 1, (next[j] as number) + 1))
    }
    row = next
  }
  return (row.at(-1) as number) / wanted.length
}

function plain(text: string): string {
  return text.normalize('NFC').replace(/[“”„]/g, '"').replace(/[‘’]/g, "'").replace(/[–—]/g, '-').replace(/\s+/g, ' ').trim()
}
