import { findComponents } from '@imagedoc/core'
import type { Grey } from './grey.ts'
import { sauvola } from './sauvola.ts'

/** Points on the lower edges of what looks like letters, as pixel centres. */
export interface Points {
  readonly count: number
  readonly x: Float32Array
  readonly y: Float32Array
}

/** Letters of a page reduced to about 100 dots an inch are this many pixels high; everything else is no text and has no say. */
const LETTER = { lowest: 3, highest: 40, widest: 220 }

/** The lower edges of letters and of short joined words: there text lines are straight. Pictures, stains, rules and the desk do not count. */
export function textEdges(grey: Grey): Points {
  const { width, height } = grey
  const data = sauvola(grey, { window: 25, k: 0.2 })
  const found = findComponents(data, width, height)
  const x: number[] = []
  const y: number[] = []
  const verdicts = new Int8Array(found.count)
  for (let run = 0; run < found.count; run++) {
    const root = found.root[run] as number
    if (verdicts[root] === 0) verdicts[root] = isLetter(found, root) ? 1 : -1
    const row = found.row[run] as number
    if (verdicts[root] !== 1 || row >= height - 1) continue
    for (let column = found.start[run] as number; column < (found.end[run] as number); column++) {
      if (data[(row + 1) * width + column] === 0) continue
      x.push(column + 0.5)
      y.push(row + 0.5)
    }
  }
  return { count: x.length, x: Float32Array.from(x), y: Float32Array.from(y) }
}

function isLetter(found: ReturnType<typeof findComponents>, root: number): boolean {
  const width = (found.right[root] as number) - (found.left[root] as number)
  const height = (found.bottom[root] as number) - (found.top[root] as number)
  return height >= LETTER.lowest && height <= LETTER.highest && width <= LETTER.widest && width >= 2
}
