// Peak memory of 200 pages against 40: pages that are done must have let go of theirs.
import { inChild } from '../harness/child.ts'
import { atMost, type Figure, type Measure } from '../harness/figure.ts'
import { median } from '../harness/interleave.ts'

const script = new URL('./memory-run.ts', import.meta.url)

const variants = [
  ['pdf', 'cached', 'a scanned PDF, file cache'],
  ['pdf', 'uncached', 'a scanned PDF, no cache'],
  ['files', 'cached', 'gathered files, file cache'],
] as const

export const measure: Measure = async ({ quick }) => {
  const [few, many] = quick ? [5, 15] : [40, 200]
  const figures: Figure[] = []
  for (const [form, caching, name] of variants) {
    const peaks: Record<number, number[]> = { [few]: [], [many]: [] }
    for (let round = 0; round < (quick ? 1 : 2); round++) {
      for (const count of [few, many]) peaks[count]?.push((await inChild(script, [form, caching, String(count)])).peakMB)
    }
    const [small, large] = [median(peaks[few]!), median(peaks[many]!)]
    const value = { number: large / small, detail: `${large.toFixed(0)} MB against ${small.toFixed(0)} MB` }
    figures.push(atMost(`Peak RSS of ${many} pages against ${few}, page outputs: ${name}`, { bound: 1.2, unit: 'x' }, value))
  }
  return figures
}
