import { findComponents } from '@imagedoc/core'
import { paperLevel } from './blocks.ts'
import type { DarkArea, DarkAreas } from './dark-areas.ts'
import type { Grey } from './grey.ts'
import { isLetterSized, usualLetter } from './letter-size.ts'

/** So many light letters in a row on dark ground are a title. */
const LEAST_LETTERS = 3
/** Letters of a row have the same foot and a similar height, as shares of the height, and the next one is at most so many heights away. */
const ROW = { foot: 0.3, height: 0.5, step: 2.5 }
/** The blocks of a picture differ in brightness by this share of the paper's, within a block or from one to the next; of this share of all blocks. */
const PICTURE = { contrast: 0.15, share: 0.25 }
/** A lid and a desk run along an edge to its end, or narrow towards it. A printed area ends in the middle of an edge, so many inches deep. */
const STEP_INCHES = 0.5
/** A narrower one is a fold. */
const FOLD_INCHES = 0.75

interface Page {
  page: { data: Uint8Array; width: number; height: number }
  grey: Grey
  dark: DarkAreas
  dpi: number
}

/** Whether a dark area reaches the edge of the image. */
export function onEdge({ blocks }: DarkArea, { width, height }: { width: number; height: number }): boolean {
  return blocks.some((block) => block % width === 0 || block % width === width - 1 || block < width || block >= width * (height - 1))
}

/** Whether a dark area at the edge was printed: it carries light letters, it is a picture, or it ends where no desk would. */
export function isPrinted(area: DarkArea, page: Page): boolean {
  return hasTitle(area, page) || isPicture(area, page) || (area.sharp && endsWithinEdge(area, page))
}

/** Light letters in a row, with dark ground above and below them. */
function hasTitle({ blocks }: DarkArea, { page, dark: { light, areaAt }, dpi }: Page): boolean {
  const name = areaAt[blocks[0] as number]
  const box = boxOf(blocks, light.width)
  const [x0, y0] = [box.left * light.block, box.top * light.block]
  const width = Math.min(page.width, box.right * light.block) - x0
  const height = Math.min(page.height, box.bottom * light.block) - y0
  const inverted = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = (y0 + y) * page.width + x0
    for (let x = 0; x < width; x++) inverted[y * width + x] = page.data[row + x] === 0 ? 255 : 0
  }
  const found = findComponents(inverted, width, height)
  const isDark = (x: number, y: number): boolean =>
    areaAt[Math.floor((y + y0) / light.block) * light.width + Math.floor((x + x0) / light.block)] === name
  const usual = usualLetter(dpi)
  const letters: Letter[] = []
  for (let root = 0; root < found.count; root++) {
    if (found.root[root] !== root || !isLetterSized(found, root, usual)) continue
    const [left, right, top, bottom] = [found.left[root]!, found.right[root]!, found.top[root]!, found.bottom[root]!]
    const across = (left + right) / 2
    if (isDark(across, Math.max(0, top - light.block)) && isDark(across, Math.min(height - 1, bottom + light.block)))
      letters.push({ left, right, bottom, height: bottom - top })
  }
  return letters.some((letter) => rowFrom(letter, letters) >= LEAST_LETTERS)
}

interface Letter {
  left: number
  right: number
  bottom: number
  height: number
}

/** How many letters follow one, itself included, as far as is asked. */
function rowFrom(first: Letter, letters: readonly Letter[]): number {
  let count = 1
  for (let last = first; count < LEAST_LETTERS; count++) {
    const next = letters.find(
      (other) =>
        other.left >= last.right - 2 &&
        other.left - last.right < ROW.step * last.height &&
        Math.abs(other.bottom - last.bottom) <= ROW.foot * last.height &&
        Math.abs(other.height - last.height) <= ROW.height * last.height,
    )
    if (next === undefined) return count
    last = next
  }
  return count
}

function boxOf(blocks: readonly number[], width: number): { left: number; top: number; right: number; bottom: number } {
  const box = { left: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY, right: 0, bottom: 0 }
  for (const block of blocks) {
    const [x, y] = [block % width, Math.floor(block / width)]
    box.left = Math.min(box.left, x)
    box.top = Math.min(box.top, y)
    box.right = Math.max(box.right, x + 1)
    box.bottom = Math.max(box.bottom, y + 1)
  }
  return box
}

/** Whether brightness changes all over the area: a desk and a lid are even, the shadow of a fold changes slowly. */
function isPicture({ blocks }: DarkArea, { grey, dark: { light, areaAt } }: Page): boolean {
  const name = areaAt[blocks[0] as number] as number
  const { width, block: edge } = light
  const within = blocks.filter((block) => [-1, 1, -width, width].every((step) => areaAt[block + step] === name))
  if (within.length < 20) return false
  const contrast = paperLevel(light) * PICTURE.contrast
  const uneven = within.filter((block) => {
    const [left, top] = [(block % width) * edge, Math.floor(block / width) * edge]
    const values: number[] = []
    for (let y = top; y < Math.min(grey.height, top + edge); y += 2)
      for (let x = left; x < Math.min(grey.width, left + edge); x += 2) values.push(grey.data[y * grey.width + x] as number)
    values.sort((a, b) => a - b)
    return (values[Math.floor(values.length * 0.95)] as number) - (values[Math.floor(values.length * 0.05)] as number) > contrast
  })
  return uneven.length > within.length * PICTURE.share
}

/** Whether the area stops along an edge of the image, away from a corner, as deep as no page is laid askew. */
function endsWithinEdge({ blocks }: DarkArea, { dark: { light, areaAt }, dpi }: Page): boolean {
  const name = areaAt[blocks[0] as number]
  const { width, height, block } = light
  const [deep, wide] = [Math.ceil((STEP_INCHES * dpi) / block), (FOLD_INCHES * dpi) / block]
  const edges = [
    { length: width, at: (along: number, depth: number) => depth * width + along, most: height },
    { length: width, at: (along: number, depth: number) => (height - 1 - depth) * width + along, most: height },
    { length: height, at: (along: number, depth: number) => along * width + depth, most: width },
    { length: height, at: (along: number, depth: number) => along * width + width - 1 - depth, most: width },
  ]
  return edges.some(({ length, at, most }) => {
    const depths = Array.from({ length }, (_, along) => {
      let depth = 0
      while (depth < most && areaAt[at(along, depth)] === name) depth++
      return depth
    })
    return stretches(depths).some(({ from, to }) => {
      if (to - from < wide) return false
      // Ground along the next edge is as deep as the image.
      const isStep = (some: readonly number[]): boolean => Math.min(...some) >= deep && Math.max(...some) < most - 2
      return (from > 2 && isStep(depths.slice(from + 1, from + 4))) || (to < length - 2 && isStep(depths.slice(to - 4, to - 1)))
    })
  })
}

/** The unbroken stretches of an edge that the area reaches. */
function stretches(depths: readonly number[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  for (let at = 0; at < depths.length; at++) {
    const last = found.at(-1)
    if ((depths[at] as number) === 0) continue
    if (last !== undefined && last.to === at) last.to = at + 1
    else found.push({ from: at, to: at + 1 })
  }
  return found
}
