import { lightOfBlocks } from './blocks.ts'
import { type Grey, invert } from './grey.ts'
import { histogram } from './otsu.ts'

/** Letters are lighter than their ground by at least as many grey levels. */
const LEAST_CONTRAST = 60
/** Of the blocks of a page with light letters at most this share is light as a whole; of a sheet on a large dark desk it is more. */
const MOST_SOLID = 0.08
/** A block is light as a whole when this share of it is. */
const WHOLE = 0.9

/** Whether light letters stand on dark ground all over the page. */
export function isNegative(grey: Grey, dpi: number): boolean {
  const counts = histogram(grey.data)
  const at = (share: number): number => percentile(counts, share * grey.data.length)
  const [usual, lightest] = [at(0.5), at(0.995)]
  if (lightest - usual < LEAST_CONTRAST || usual > lightest / 2) return false
  const whole = lightOfBlocks(grey, dpi, WHOLE).data
  const limit = (usual + lightest) / 2
  return whole.reduce((count, value) => count + (value >= limit ? 1 : 0), 0) < whole.length * MOST_SOLID
}

function percentile(counts: Uint32Array, below: number): number {
  let seen = 0
  return counts.findIndex((count) => {
    seen += count
    return seen > below
  })
}

/** Runs a step on a page of dark letters, whichever the page has; the page keeps its own. */
export function asPositive(grey: Grey, negative: boolean, step: (positive: Grey) => Uint8Array): Uint8Array {
  if (!negative) return step(grey)
  return invert(step({ ...grey, data: invert(grey.data) }))
}
