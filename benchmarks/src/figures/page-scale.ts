// How large a page is by its letters, on pages whose density is known; and what asking costs beside the operation that asks.
import { type Pixels, scaleOf } from '@imagedoc/core'
import { layoutNames, type PageOptions, renderPage } from '@imagedoc/fixtures'
import { binarize } from '@imagedoc/plugin-image'
import { atLeast, atMost, type Measure } from '../harness/figure.ts'
import { interleave } from '../harness/interleave.ts'

/** None of these seeds was looked at while the thresholds were chosen. */
const pages = (count: number): PageOptions[] =>
  Array.from({ length: count }, (_, index) => ({
    seed: `page-scale-${index}`,
    dpi: [96, 120, 150, 200, 240, 300, 400][index % 7] as number,
    layout: layoutNames[index % layoutNames.length] as PageOptions['layout'] & string,
    degradation: (['clean', 'light', 'scan', 'aged'] as const)[(index >> 2) % 4] as 'clean',
    fontSize: [8, 9, 10, 11, 12, 14][index % 6] as number,
    channels: index % 2 === 0 ? 1 : 3,
  }))

const asPixels = async (options: PageOptions, density: number | null): Promise<Pixels> => {
  const { width, height, channels, pixels } = await renderPage(options)
  return { width, height, channels: channels as Pixels['channels'], density, data: new Uint8Array(pixels) }
}

export const measure: Measure = async ({ quick }) => {
  const all = pages(quick ? 6 : 120)
  const ratios: number[] = []
  for (const options of all) {
    const found = scaleOf(await asPixels(options, null))
    if (found) ratios.push(found.dpi / (options.dpi as number))
  }
  ratios.sort((a, b) => a - b)
  const apart = ratios.map((ratio) => Math.max(ratio, 1 / ratio)).sort((a, b) => a - b)
  const at = (share: number): string => (apart[Math.min(apart.length - 1, Math.floor(apart.length * share))] ?? Number.NaN).toFixed(2)
  return [
    atLeast(
      `Density from letters alone, ${all.length} pages of 96 to 400 dpi in 8 to 14 points: within a factor of 1.6`,
      { bound: 95, unit: '%' },
      {
        number: (apart.filter((value) => value <= 1.6).length / all.length) * 100,
        detail: `off by a factor of ${at(0.5)} at the median, ${at(0.95)} at the 95th of 100, ${at(1)} at most; none found on ${all.length - ratios.length}`,
      },
    ),
    await cost(quick),
  ]
}

/** A fresh copy each time: what was measured of a page is kept. */
async function cost(quick: boolean) {
  const page = await asPixels({ seed: 'page-scale-cost', dpi: 300, degradation: 'scan' }, 300)
  const copy = (): Pixels => ({ ...page, data: page.data.slice() })
  const context = { signal: new AbortController().signal, scale: () => ({ dpi: 300, from: 'claim' }), report: () => undefined }
  const params = binarize.params.parse({})
  const times = await interleave(
    { scale: async () => scaleOf(copy()), binarize: async () => binarize.run({ input: copy(), params, context: context as never }) },
    { rounds: quick ? 1 : 9, warm: 1 },
  )
  const number = times.scale.cpu / times.binarize.cpu
  const detail = `${times.scale.cpu.toFixed(0)} ms against ${times.binarize.cpu.toFixed(0)} ms, an A4 page of 300 dpi in colour`
  return atMost('Asking how large a page is, against turning it black and white: CPU time', { bound: 0.25, unit: 'x' }, { number, detail })
}
