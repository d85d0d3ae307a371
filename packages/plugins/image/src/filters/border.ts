import { type Components, eraseComponents, findComponents } from '@imagedoc/core'
import type { DarkArea, DarkAreas } from './dark-areas.ts'
import type { Grey } from './grey.ts'
import { isLetterSized, usualLetter } from './letter-size.ts'
import { isPrinted, onEdge } from './printed-area.ts'

/** A bilevel page that may be written into: 0 is black, 255 white. */
interface Page {
  data: Uint8Array
  width: number
  height: number
}

/** Of the letters of a page at most this share may go with its border; a border that would take more is no border. */
const MOST_LETTERS = 0.1
/** A few letters are always within the share: dirt looks like them. */
const FEW_LETTERS = 12
/** Black in both directions over so many inches is ground, not the stroke of a letter. */
const SOLID_INCHES = 0.06

/** What became of the dark ground at the edges of an image. */
export interface BorderOutcome {
  /** Areas that stay, because they are printed. */
  readonly printed: number
  /** Letters that the border would have taken along, when that is why it stays; else 0. */
  readonly letters: number
}

/**
 * Erases the desk, the scanner's lid, the fold of a book: dark ground that reaches the edge of the image, and its frayed rim. Printed areas stay:
 * pictures and banners that run over the edge. So do letters that touch the ground. `data` is a bilevel page, written into.
 */
export function eraseBorder(page: Page, grey: Grey, { dark, dpi }: { dark: DarkAreas; dpi: number }): BorderOutcome {
  const candidates = dark.areas.filter((area) => onEdge(area, dark.light))
  const ground = candidates.filter((area) => !isPrinted(area, { page, grey, dark, dpi }))
  const printed = candidates.length - ground.length
  if (ground.length === 0) return { printed, letters: 0 }
  const components = findComponents(page.data, page.width, page.height)
  const condemned = touching(components, blocksOf(ground, dark), dark)
  const kept = keptLetters(page, { components, condemned, ground: blocksOf(ground, dark), dark, dpi })
  const letters = letterCount(components, dpi, (root) => condemned[root] === 1)
  const all = letterCount(components, dpi, () => true)
  if (letters > FEW_LETTERS && letters > all * MOST_LETTERS) return { printed, letters }
  eraseComponents(page.data, page.width, { components, unwanted: (root) => condemned[root] === 1 })
  for (const at of kept) page.data[at] = 0
  return { printed, letters: 0 }
}

function blocksOf(areas: readonly DarkArea[], { areaAt }: DarkAreas): Uint8Array {
  const blocks = new Uint8Array(areaAt.length)
  for (const area of areas) for (const block of area.blocks) blocks[block] = 1
  return blocks
}

/** By root: 1 where some of it is on the ground. */
function touching(components: Components, ground: Uint8Array, { light }: DarkAreas): Uint8Array {
  const condemned = new Uint8Array(components.count)
  for (let run = 0; run < components.count; run++) {
    const row = Math.floor((components.row[run] as number) / light.block) * light.width
    const last = Math.floor(((components.end[run] as number) - 1) / light.block)
    for (let block = Math.floor((components.start[run] as number) / light.block); block <= last; block++) {
      if (ground[row + block] === 1) condemned[components.root[run] as number] = 1
    }
  }
  return condemned
}

function letterCount(components: Components, dpi: number, counts: (root: number) => boolean): number {
  const usual = usualLetter(dpi)
  let count = 0
  for (let root = 0; root < components.count; root++)
    if (components.root[root] === root && counts(root) && isLetterSized(components, root, usual)) count++
  return count
}

interface Judged {
  components: Components
  condemned: Uint8Array
  ground: Uint8Array
  dark: DarkAreas
  dpi: number
}

/** Places of the letters that only touch the ground: what is left of the condemned when the ground and what is solid are taken away. */
function keptLetters(page: Page, { components, condemned, ground, dark: { light }, dpi }: Judged): number[] {
  const { width, height } = page
  const rest = new Uint8Array(page.data.length).fill(255)
  for (let run = 0; run < components.count; run++) {
    if (condemned[components.root[run] as number] !== 1) continue
    const row = (components.row[run] as number) * width
    rest.fill(0, row + (components.start[run] as number), row + (components.end[run] as number))
  }
  eraseSolid(rest, { width, height, solid: Math.max(3, Math.round(dpi * SOLID_INCHES)) })
  const found = findComponents(rest, width, height)
  const outside = new Int32Array(found.count)
  for (let run = 0; run < found.count; run++) {
    const row = Math.floor((found.row[run] as number) / light.block) * light.width
    for (let x = found.start[run] as number; x < (found.end[run] as number); x++)
      if (ground[row + Math.floor(x / light.block)] === 0) outside[found.root[run] as number]! += 1
  }
  const usual = usualLetter(dpi)
  const isKept = (root: number): boolean =>
    isLetterSized(found, root, usual) && (outside[root] as number) > (found.area[root] as number) * 0.6
  const places: number[] = []
  for (let run = 0; run < found.count; run++) {
    if (!isKept(found.root[run] as number)) continue
    for (let x = found.start[run] as number; x < (found.end[run] as number); x++) places.push((found.row[run] as number) * width + x)
  }
  return places
}

/** Erases what is black over a length both ways, and the rim around it: the ground, and not the strokes that touch it. */
function eraseSolid(data: Uint8Array, { width, height, solid }: { width: number; height: number; solid: number }): void {
  const long = new Uint8Array(data.length)
  markRuns(data, long, { lines: height, length: width, across: width, along: 1, solid })
  markRuns(data, long, { lines: width, length: height, across: 1, along: width, solid })
  const seeds = long.map((count) => (count === 2 ? 0 : 255))
  const found = findComponents(seeds, width, height)
  const rim = Math.max(1, solid >> 3)
  for (let run = 0; run < found.count; run++) {
    const root = found.root[run] as number
    const short = Math.min(
      (found.right[root] as number) - (found.left[root] as number),
      (found.bottom[root] as number) - (found.top[root] as number),
    )
    if (short < solid / 2) continue
    const [from, to] = [Math.max(0, (found.start[run] as number) - rim), Math.min(width, (found.end[run] as number) + rim)]
    for (let y = Math.max(0, (found.row[run] as number) - rim); y <= Math.min(height - 1, (found.row[run] as number) + rim); y++)
      data.fill(255, y * width + from, y * width + to)
  }
}

interface Walk {
  lines: number
  length: number
  across: number
  along: number
  solid: number
}

/** Counts up the pixels of every black run of at least the length. */
function markRuns(data: Uint8Array, marks: Uint8Array, { lines, length, across, along, solid }: Walk): void {
  for (let line = 0; line < lines; line++) {
    let from = -1
    for (let at = 0; at <= length; at++) {
      const black = at < length && data[line * across + at * along] === 0
      if (black && from === -1) from = at
      if (black || from === -1) continue
      if (at - from >= solid) for (let i = from; i < at; i++) marks[line * across + i * along]!++
      from = -1
    }
  }
}
