import { besides, type Field, lightOfBlocks, paperLevel } from './blocks.ts'
import type { Grey } from './grey.ts'

/** A block this much darker than the page's paper is no paper any more, however stained. */
const DARK = 0.5
/** Two blocks behind the rim of a printed area or of a desk it is lighter by this factor; a shadow takes longer. */
const SHARP = 1.6
/** Of the rim at least this share is sharp. */
const MOSTLY = 0.6
/** From the area's own value towards that of the paper around it: what is darker belongs to the area. */
const TOWARDS_PAPER = 0.35

/** Dark ground: blocks that hang together, wherever on the page. */
export interface DarkArea {
  readonly blocks: readonly number[]
  /** Whether it ends as a sheet or printed ink does, and not as a shadow. */
  readonly sharp: boolean
  /** Usual value of its blocks. */
  readonly dark: number
  /** Usual value of what lies around it. */
  readonly paper: number
}

/** The dark areas of a page, and the grid of blocks that they are made of. */
export interface DarkAreas {
  readonly light: Field
  readonly areas: readonly DarkArea[]
  /** By block: 1 + the index of its area, or 0. */
  readonly areaAt: Int32Array
}

/** Finds all dark ground. */
export function findDarkAreas(grey: Grey, dpi: number): DarkAreas {
  const light = lightOfBlocks(grey, dpi)
  const limit = paperLevel(light) * DARK
  const areaAt = new Int32Array(light.data.length)
  const areas: DarkArea[] = []
  for (let block = 0; block < areaAt.length; block++) {
    if (areaAt[block] !== 0 || (light.data[block] as number) >= limit) continue
    areas.push(describe(grow(block, { light, limit, areaAt, name: areas.length + 1 }), { light, areaAt }))
  }
  return { light, areas, areaAt }
}

function grow(start: number, { light, limit, areaAt, name }: { light: Field; limit: number; areaAt: Int32Array; name: number }): number[] {
  const blocks = [start]
  areaAt[start] = name
  for (let at = 0; at < blocks.length; at++) {
    for (const next of besides(blocks[at] as number, light)) {
      if (areaAt[next] !== 0 || (light.data[next] as number) >= limit) continue
      areaAt[next] = name
      blocks.push(next)
    }
  }
  return blocks
}

function describe(blocks: readonly number[], { light, areaAt }: Pick<DarkAreas, 'light' | 'areaAt'>): DarkArea {
  const { width, height, data } = light
  const name = areaAt[blocks[0] as number] as number
  const around: number[] = []
  let sharp = 0
  for (const block of blocks) {
    const [x, y] = [block % width, Math.floor(block / width)]
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      if (x + 2 * dx < 0 || x + 2 * dx >= width || y + 2 * dy < 0 || y + 2 * dy >= height) continue
      if (areaAt[block + dx + dy * width] === name) continue
      const behind = data[block + 2 * (dx + dy * width)] as number
      around.push(behind)
      if (behind >= SHARP * (data[block] as number)) sharp++
    }
  }
  const dark = middle(blocks.map((block) => data[block] as number))
  return { blocks, sharp: around.length > 0 && sharp >= around.length * MOSTLY, dark, paper: around.length > 0 ? middle(around) : dark }
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number

/** Makes dark ground that ends sharply black as a whole: a threshold by surroundings finds only its rim. `data` is a bilevel page, written into. */
export function fillDarkAreas(data: Uint8Array, grey: Grey, { light, areas }: DarkAreas): void {
  const { width, height } = grey
  for (const { blocks, sharp, dark, paper } of areas) {
    if (!sharp) continue
    const level = dark + (paper - dark) * TOWARDS_PAPER
    for (const block of blocks) {
      const [left, top] = [(block % light.width) * light.block, Math.floor(block / light.width) * light.block]
      for (let y = top; y < Math.min(height, top + light.block); y++) {
        for (let at = y * width + left; at < y * width + Math.min(width, left + light.block); at++)
          if ((grey.data[at] as number) < level) data[at] = 0
      }
    }
  }
}
