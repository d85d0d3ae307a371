// Peak memory of 200 pages against 40: pages that are done must have let go of theirs.
import { inChild } from '../harness/child.ts'
import { atMost, type Figure, type Measure } from '../harness/figure.ts'
import { median } from '../harness/interleave.ts'

const script = new URL('./memory-run.ts', import.meta.url)

const variants = [
  ['pdf', 'cached', 'a scanned PDF, file cache'],
  ['pdf', 'uncached', 'a scanned PDF, no cache'],
] as const

export const measure: Measure = async ({ quick }) => {
  const [few, many] = quick ? [5, 15] : [40, 200]
  const figures: Figure[] = []
  for (const [form, caching, name] of variants) {
    const peak = async (count: number): Promise<number> => (await inChild(script, [form, caching, String(count)])).peakMB
    // Twice, for what it takes differs by some ten MB from run to run.
    const small = median([await peak(few), await peak(few)])
    const large = await peak(many)
    const value = { number: large / small, detail: `${large.toFixed(0)} MB against ${small.toFixed(0)} MB` }
    figures.push(atMost(`Peak RSS of ${many} pages against ${few}, page outputs: ${name}`, { bound: 1.2, unit: 'x' }, value))
  }
  return figures
}
