import type { Pixels } from '../artifact/kind.ts'

/** A bilevel copy of a page on which letters are measured: 0 is ink, 255 paper. */
export interface InkMap {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** One value a pixel, 0 black to 255 white. */
type Grey = InkMap

/** Edge of the squares in which paper and ink are told apart, in pixels of the copy. */
const BLOCK = 32
/** Paper and ink of a square differ by at least as many grey levels; less is the grain of the paper. */
const LEAST_CONTRAST = 40

/** The darker part of the page as ink, whatever the light on it; on a page that is mostly dark the lighter part. */
export function inkOf(pixels: Pixels, area: Area, factor: number): InkMap {
  const grey = upright(reduced(pixels, area, factor))
  const levels = thresholds(grey)
  const data = new Uint8Array(grey.data.length)
  const columns = Math.ceil(grey.width / BLOCK)
  for (let y = 0; y < grey.height; y++) {
    const row = Math.floor(y / BLOCK) * columns
    for (let x = 0; x < grey.width; x++) {
      const at = y * grey.width + x
      data[at] = (grey.data[at] as number) < (levels[row + Math.floor(x / BLOCK)] as number) ? 0 : 255
    }
  }
  return { ...grey, data }
}

/** A part of a page in its pixels. */
export interface Area {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The mean of each `factor` x `factor` pixels; of colours the plain mean, transparent places over white. */
function reduced(pixels: Pixels, area: Area, factor: number): Grey {
  const out = { width: Math.max(1, Math.floor(area.width / factor)), height: Math.max(1, Math.floor(area.height / factor)) }
  const grey = new Uint8Array(out.width * out.height)
  const sums = new Uint32Array(out.width)
  const size = { across: Math.min(factor, area.width), down: Math.min(factor, area.height) }
  const values = size.across * size.down * (pixels.channels === 1 ? 1 : 3)
  const add = pixels.channels === 4 ? addOverWhite : addOpaque
  for (let y = 0; y < out.height; y++) {
    sums.fill(0)
    for (let line = 0; line < size.down; line++) {
      const from = ((area.top + y * factor + line) * pixels.width + area.left) * pixels.channels
      add(sums, pixels.data.subarray(from), size.across * pixels.channels)
    }
    for (let x = 0; x < out.width; x++) grey[y * out.width + x] = (sums[x] as number) / values
  }
  return { ...out, data: grey }
}

/** Adds to each sum the next `count` bytes of a row. */
function addOpaque(sums: Uint32Array, row: Uint8Array, count: number): void {
  let at = 0
  for (let x = 0; x < sums.length; x++) {
    let sum = 0
    for (const end = at + count; at < end; at++) sum += row[at] as number
    sums[x]! += sum
  }
}

function addOverWhite(sums: Uint32Array, row: Uint8Array, count: number): void {
  let at = 0
  for (let x = 0; x < sums.length; x++) {
    let sum = 0
    for (const end = at + count; at < end; at += 4) {
      const ink = 765 - (row[at] as number) - (row[at + 1] as number) - (row[at + 2] as number)
      sum += 765 - (ink * (row[at + 3] as number)) / 255
    }
    sums[x]! += sum
  }
}

/** Dark letters on light ground: a page whose usual value lies nearer to its darkest than to its lightest is turned round. */
function upright(grey: Grey): Grey {
  const counts = new Uint32Array(256)
  for (let i = 0; i < grey.data.length; i++) counts[grey.data[i] as number]! += 1
  const at = (share: number): number => percentile(counts, grey.data.length * share)
  const [dark, middle, light] = [at(0.005), at(0.5), at(0.995)]
  return middle - dark < light - middle ? { ...grey, data: grey.data.map((value) => 255 - value) } : grey
}

/** For each square the level below which ink lies, halfway between the paper and the ink around it; 0 where there is no ink. */
function thresholds({ width, height, data }: Grey): Uint8Array {
  const columns = Math.ceil(width / BLOCK)
  const rows = Math.ceil(height / BLOCK)
  const [dark, light] = [new Uint8Array(columns * rows), new Uint8Array(columns * rows)]
  const counts = new Uint32Array(256)
  for (let block = 0; block < columns * rows; block++) {
    const [x0, y0] = [(block % columns) * BLOCK, Math.floor(block / columns) * BLOCK]
    const [x1, y1] = [Math.min(width, x0 + BLOCK), Math.min(height, y0 + BLOCK)]
    counts.fill(0)
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) counts[data[y * width + x] as number]! += 1
    const total = (x1 - x0) * (y1 - y0)
    dark[block] = percentile(counts, total * 0.03)
    light[block] = percentile(counts, total * 0.8)
  }
  return dark.map((_, block) => {
    const around = neighbours(block, { columns, rows })
    const ink = Math.min(...around.map((at) => dark[at] as number))
    const paper = Math.max(...around.map((at) => light[at] as number))
    return paper - ink < LEAST_CONTRAST ? 0 : (ink + paper) >> 1
  })
}

function neighbours(block: number, { columns, rows }: { columns: number; rows: number }): number[] {
  const [x, y] = [block % columns, Math.floor(block / columns)]
  const found: number[] = []
  for (let ny = Math.max(0, y - 1); ny <= Math.min(rows - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(columns - 1, x + 1); nx++) found.push(ny * columns + nx)
  }
  return found
}

function percentile(counts: Uint32Array, below: number): number {
  let seen = 0
  for (let value = 0; value < 256; value++) {
    seen += counts[value] as number
    if (seen > below) return value
  }
  return 255
}
