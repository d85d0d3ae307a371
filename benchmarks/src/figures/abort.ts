// A run stopped while it reads and while it filters: how soon it settles, how soon nothing works any more, and what is kept.
import { inChild } from '../harness/child.ts'
import { atMost, type Figure, type Measure } from '../harness/figure.ts'

const script = new URL('./abort-run.ts', import.meta.url)

/** What abort-run.ts tells. */
export interface Stopped {
  status: string
  settledMs: number
  idleMs: number
  /** Pages that were done when it was stopped, and how many of them the next run took from the cache. */
  finished: number
  reused: number
}

export const measure: Measure = async ({ quick }) => {
  const figures: Figure[] = []
  for (const isolation of ['in-process', 'children'] as const) {
    for (const what of ['ocr', 'filter'] as const) {
      let worst: Stopped | undefined
      for (let round = 0; round < (quick ? 1 : 2); round++) {
        const { value } = await inChild<Stopped>(script, [isolation, what])
        process.stderr.write(`  ${isolation} ${what}: ${JSON.stringify(value)}\n`)
        if (!worst || Math.max(value.settledMs, value.idleMs) > Math.max(worst.settledMs, worst.idleMs)) worst = value
      }
      const { settledMs, idleMs, finished, reused, status } = worst!
      const value = {
        number: Math.max(settledMs, idleMs) / 1000,
        detail: `settled ${settledMs.toFixed(0)} ms, idle ${idleMs.toFixed(0)} ms; ${reused} of ${finished} finished pages reused; ${status}`,
      }
      const figure = atMost(
        `Stopped in mid-${what === 'ocr' ? 'OCR' : 'filter'}, ${isolation}: settled and idle`,
        { bound: 1, unit: 's' },
        value,
      )
      figures.push({ ...figure, met: figure.met === true && reused >= finished && status === 'cancelled' })
    }
  }
  return figures
}
