import { type Field, lightOfBlocks } from './blocks.ts'
import type { Grey } from './grey.ts'

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

function paperOf(light: Field): Field {
  const lightest = separable(light, Math.max, 0)
  const sum = separable(lightest, (a, b) => a + b, 0)
  return { ...sum, data: sum.data.map((value) => value / (2 * REACH + 1) ** 2) }
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
