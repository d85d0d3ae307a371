import type { Grey } from './grey.ts'

/** Edge of the blocks that the paper is measured in, in inches. */
const BLOCK_INCHES = 16 / 300
/** In pixels; fewer pixels are no measure. */
const LEAST_BLOCK = 8
/** Of a block's pixels this share is lighter than what counts as its paper: letters and specks of light do not decide. */
const LIGHTER = 0.25
/** Blocks around each that are looked at: a block inside a letter as large as this still finds paper. */
const REACH = 3
/** What paper becomes. Below 255, so that a texture of the paper is not cut off. */
const PAPER = 245

/** Evens out the light: each pixel relative to the paper around it. Shadows, vignettes and stains larger than a letter fade. */
export function normaliseBackground(grey: Grey, dpi: number): Grey {
  const { width, height, data } = grey
  const paper = paperOf(lightOfBlocks(grey, dpi))
  const out = new Uint8Array(width * height)
  const columns = interpolation(width, paper)
  const gains = new Float32Array(paper.width)
  for (let y = 0; y < height; y++) {
    const { at, share } = position(y, paper.height, paper.block)
    const next = Math.min(paper.height - 1, at + 1)
    for (let x = 0; x < paper.width; x++) {
      const value = (paper.data[at * paper.width + x] as number) * (1 - share) + (paper.data[next * paper.width + x] as number) * share
      gains[x] = PAPER / Math.max(1, value)
    }
    const row = y * width
    for (let x = 0; x < width; x++) {
      const left = columns.at[x] as number
      const gain = gains[left] as number
      const right = gains[columns.next[x] as number] as number
      const value = (data[row + x] as number) * (gain + (right - gain) * (columns.share[x] as number))
      out[row + x] = value > 255 ? 255 : value
    }
  }
  return { width, height, data: out }
}

/** One value a block. */
export interface Field {
  width: number
  height: number
  data: Float32Array
  /** Edge of a block in pixels. */
  block: number
}

function paperOf(light: Field): Field {
  const lightest = separable(light, Math.max, 0)
  const sum = separable(lightest, (a, b) => a + b, 0)
  return { ...sum, data: sum.data.map((value) => value / (2 * REACH + 1) ** 2) }
}

/** For each block, the value that a quarter of it exceeds. */
export function lightOfBlocks({ width, height, data }: Grey, dpi: number): Field {
  const block = Math.max(LEAST_BLOCK, Math.round(dpi * BLOCK_INCHES))
  const field = { width: Math.ceil(width / block), height: Math.ceil(height / block), block }
  const values = new Float32Array(field.width * field.height)
  const counts = new Uint16Array(256)
  for (let by = 0; by < field.height; by++) {
    for (let bx = 0; bx < field.width; bx++) {
      counts.fill(0)
      const right = Math.min(width, (bx + 1) * block)
      const bottom = Math.min(height, (by + 1) * block)
      for (let y = by * block; y < bottom; y++) for (let x = bx * block; x < right; x++) counts[data[y * width + x] as number]! += 1
      values[by * field.width + bx] = percentile(counts, (right - bx * block) * (bottom - by * block) * LIGHTER)
    }
  }
  return { ...field, data: values }
}

function percentile(counts: Uint16Array, above: number): number {
  let seen = 0
  let value = 255
  while (value > 0) {
    seen += counts[value] as number
    if (seen >= above) return value
    value--
  }
  return 0
}

/** Folds each value's neighbourhood, first along rows, then along columns; edges are repeated. */
function separable(field: Field, fold: (a: number, b: number) => number, start: number): Field {
  const along = (from: Float32Array, step: { x: number; y: number }): Float32Array => {
    const out = new Float32Array(from.length)
    for (let y = 0; y < field.height; y++) {
      for (let x = 0; x < field.width; x++) {
        let value = start
        for (let i = -REACH; i <= REACH; i++) {
          const nx = Math.min(field.width - 1, Math.max(0, x + i * step.x))
          const ny = Math.min(field.height - 1, Math.max(0, y + i * step.y))
          value = fold(value, from[ny * field.width + nx] as number)
        }
        out[y * field.width + x] = value
      }
    }
    return out
  }
  return { ...field, data: along(along(field.data, { x: 1, y: 0 }), { x: 0, y: 1 }) }
}

function position(pixel: number, blocks: number, block: number): { at: number; share: number } {
  const exact = Math.min(blocks - 1, Math.max(0, (pixel + 0.5) / block - 0.5))
  return { at: Math.floor(exact), share: exact - Math.floor(exact) }
}

function interpolation(width: number, field: Field): { at: Int32Array; next: Int32Array; share: Float32Array } {
  const at = new Int32Array(width)
  const next = new Int32Array(width)
  const share = new Float32Array(width)
  for (let x = 0; x < width; x++) {
    const found = position(x, field.width, field.block)
    at[x] = found.at
    next[x] = Math.min(field.width - 1, found.at + 1)
    share[x] = found.share
  }
  return { at, next, share }
}
