import { type Components, findComponents } from '@imagedoc/core'
import type { Grey } from './grey.ts'
import { sauvola } from './sauvola.ts'

/** Points on the lower edges of what looks like letters, as pixel centres, and the boxes of these. */
export interface Points {
  readonly count: number
  readonly x: Float32Array
  readonly y: Float32Array
  readonly letters: readonly Box[]
}

/** In pixels, half open. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
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
  const letters: Box[] = []
  for (let run = 0; run < found.count; run++) {
    const root = found.root[run] as number
    if (verdicts[root] === 0) {
      verdicts[root] = isLetter(found, root) ? 1 : -1
      if (verdicts[root] === 1) letters.push(boxOf(found, root))
    }
    const row = found.row[run] as number
    if (verdicts[root] !== 1 || row >= height - 1) continue
    for (let column = found.start[run] as number; column < (found.end[run] as number); column++) {
      if (data[(row + 1) * width + column] === 0) continue
      x.push(column + 0.5)
      y.push(row + 0.5)
    }
  }
  return { count: x.length, x: Float32Array.from(x), y: Float32Array.from(y), letters }
}

function boxOf(found: Components, root: number): Box {
  return {
    left: found.left[root] as number,
    top: found.top[root] as number,
    right: found.right[root] as number,
    bottom: found.bottom[root] as number,
  }
}

function isLetter(found: Components, root: number): boolean {
  const { left, top, right, bottom } = boxOf(found, root)
  return bottom - top >= LETTER.lowest && bottom - top <= LETTER.highest && right - left <= LETTER.widest && right - left >= 2
}
