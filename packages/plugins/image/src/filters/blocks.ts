import type { Grey } from './grey.ts'

/** Edge of the blocks that the paper is measured in, in inches. */
const BLOCK_INCHES = 16 / 300
/** In pixels; fewer pixels are no measure. */
const LEAST_BLOCK = 8
/** Of a block's pixels this share is lighter than what counts as its paper: letters and specks of light do not decide. */
const LIGHTER = 0.25

/** One value a block. */
export interface Field {
  width: number
  height: number
  data: Float32Array
  /** Edge of a block in pixels. */
  block: number
}

/** For each block, the value that a share of it exceeds: a quarter when not given. */
export function lightOfBlocks({ width, height, data }: Grey, dpi: number, lighter = LIGHTER): Field {
  const block = Math.max(LEAST_BLOCK, Math.round(dpi * BLOCK_INCHES))
  const field = { width: Math.ceil(width / block), height: Math.ceil(height / block), block }
  const values = new Float32Array(field.width * field.height)
  const counts = new Uint32Array(256)
  for (let by = 0; by < field.height; by++) {
    for (let bx = 0; bx < field.width; bx++) {
      counts.fill(0)
      const right = Math.min(width, (bx + 1) * block)
      const bottom = Math.min(height, (by + 1) * block)
      for (let y = by * block; y < bottom; y++) for (let x = bx * block; x < right; x++) counts[data[y * width + x] as number]! += 1
      values[by * field.width + bx] = percentile(counts, (right - bx * block) * (bottom - by * block) * lighter)
    }
  }
  return { ...field, data: values }
}

function percentile(counts: Uint32Array, above: number): number {
  let seen = 0
  let value = 255
  while (value > 0) {
    seen += counts[value] as number
    if (seen >= above) return value
    value--
  }
  return 0
}

/** The usual paper of a page: the median of its light blocks, so that a desk larger than the page does not count. */
export function paperLevel({ data }: Field): number {
  const sorted = data.toSorted()
  const light = (sorted[Math.floor(sorted.length * 0.95)] as number) / 2
  const first = sorted.findIndex((value) => value >= light)
  return sorted[(first + sorted.length) >> 1] as number
}

/** The blocks beside a block, above, below, left and right, as far as there are any. */
export function besides(block: number, { width, height }: Pick<Field, 'width' | 'height'>): number[] {
  const x = block % width
  const found = [block - width, block + width].filter((at) => at >= 0 && at < width * height)
  if (x > 0) found.push(block - 1)
  if (x < width - 1) found.push(block + 1)
  return found
}
