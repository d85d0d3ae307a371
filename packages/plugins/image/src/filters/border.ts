import { eraseComponents, findComponents } from '@imagedoc/core'
import { type Field, lightOfBlocks } from './background.ts'
import type { Grey } from './grey.ts'

/** A block this much darker than the page's middle is no paper any more, however stained. */
const DARK = 0.5

/** The desk, the scanner's lid in shadow, the fold of a book: dark ground that reaches the edge of the image. One value a block, 1 where it is. */
export interface Surround {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
  /** Edge of a block in pixels. */
  readonly block: number
  /** Blocks found. */
  readonly count: number
}

/** Finds dark ground, from the edges of the image inwards. */
export function findSurround(grey: Grey, dpi: number): Surround {
  const light = lightOfBlocks(grey, dpi)
  const sorted = light.data.toSorted()
  const limit = (sorted[sorted.length >> 1] as number) * DARK
  const data = new Uint8Array(light.data.length)
  const open = edgeBlocks(light).filter((block) => (light.data[block] as number) < limit)
  for (const block of open) data[block] = 1
  let count = open.length
  for (let block = open.pop(); block !== undefined; block = open.pop()) {
    for (const next of neighbours(block, light)) {
      if (data[next] === 1 || (light.data[next] as number) >= limit) continue
      data[next] = 1
      count++
      open.push(next)
    }
  }
  return { width: light.width, height: light.height, block: light.block, data, count }
}

/** Erases what is black on dark ground, and whatever hangs together with it. `data` is a bilevel page, written into. */
export function eraseSurround(data: Uint8Array, { width, height }: { width: number; height: number }, surround: Surround): void {
  const components = findComponents(data, width, height)
  const condemned = new Uint8Array(components.count)
  for (let run = 0; run < components.count; run++) {
    const row = Math.floor((components.row[run] as number) / surround.block) * surround.width
    const last = Math.floor(((components.end[run] as number) - 1) / surround.block)
    for (let block = Math.floor((components.start[run] as number) / surround.block); block <= last; block++) {
      if (surround.data[row + block] === 1) condemned[components.root[run] as number] = 1
    }
  }
  eraseComponents(data, width, { components, unwanted: (root) => condemned[root] === 1 })
}

function edgeBlocks({ width, height }: Field): number[] {
  return Array.from({ length: width * height }, (_, block) => block).filter((block) => {
    const x = block % width
    return x === 0 || x === width - 1 || block < width || block >= width * (height - 1)
  })
}

function neighbours(block: number, { width, height }: Field): number[] {
  const x = block % width
  const found = [block - width, block + width].filter((at) => at >= 0 && at < width * height)
  if (x > 0) found.push(block - 1)
  if (x < width - 1) found.push(block + 1)
  return found
}
