import { type FixturePage, renderPage, scannedPdf } from '@imagedoc/fixtures'

const DPI = 200
const layouts = ['letter', 'one-column', 'two-column'] as const
const skew = [1.4, -0.9, 0.6]

/** A scan as an archive has it (skewed, noisy, unevenly lit, with stains), and what stands on it. */
export interface Scan {
  readonly pdf: Uint8Array
  readonly pages: readonly FixturePage[]
  readonly text: string
}

export async function makeScan(): Promise<Scan> {
  const pages = await Promise.all(
    layouts.map((layout, seed) => renderPage({ seed, layout, dpi: DPI, degradation: { from: 'scan', skewDegrees: skew[seed] ?? 0 } })),
  )
  return { pdf: await scannedPdf(pages), pages, text: pages.map(({ truth }) => truth.text).join('\n\f') }
}

/** Long words that stand on the scan once, the longest first. */
export function rareWords({ pages }: Scan): string[] {
  const times = new Map<string, number>()
  for (const { truth } of pages) for (const { text } of truth.words) times.set(text, (times.get(text) ?? 0) + 1)
  const rare = [...times].filter(([word, count]) => count === 1 && /^\p{L}{8,}$/u.test(word)).map(([word]) => word)
  return rare.sort((a, b) => b.length - a.length)
}

/** A box on a page, in points, as a region around it in percentages of the page. */
export function regionAround([left, top, right, bottom]: readonly [number, number, number, number], { truth }: FixturePage) {
  const [width, height] = [(truth.mask.width * 72) / DPI, (truth.mask.height * 72) / DPI]
  const percent = (part: number, whole: number): string => `${Math.min(100, Math.max(0, (part / whole) * 100)).toFixed(2)}%`
  const [x, y, x1, y1] = [Math.max(0, left - 60), Math.max(0, top - 30), Math.min(width, right + 60), Math.min(height, bottom + 30)]
  return { left: percent(x, width), top: percent(y, height), width: percent(x1 - x, width), height: percent(y1 - y, height) }
}
