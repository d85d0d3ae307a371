import type { Pixels } from '@imagedoc/core'

/** Writes the colour of a place outside an image (in the image's pixels) into `out` from `at` on. */
export type Outside = (x: number, y: number, to: { out: Uint8Array; at: number }) => void

/** Edge of the blocks whose mean stands for the page's rim, in pixels: a letter that touches the rim does not smear. */
const BLOCK = 32

/** One colour everywhere. */
export function plain(colour: readonly number[]): Outside {
  return (_x, _y, { out, at }) => {
    for (let channel = 0; channel < colour.length; channel++) out[at + channel] = colour[channel] as number
  }
}

/** Goes on as the page ends nearby: paper as paper, the desk as desk, with no new edge where the image was. */
export function continued(image: Pixels): Outside {
  const { channels } = image
  const means = rimMeans(image)
  const columns = Math.ceil(image.width / BLOCK)
  const rows = Math.ceil(image.height / BLOCK)
  return (x, y, { out, at }) => {
    const column = Math.min(columns - 1, Math.max(0, x / BLOCK - 0.5))
    const row = Math.min(rows - 1, Math.max(0, y / BLOCK - 0.5))
    const [left, top] = [Math.floor(column), Math.floor(row)]
    const [right, below] = [Math.min(columns - 1, left + 1), Math.min(rows - 1, top + 1)]
    const [fx, fy] = [column - left, row - top]
    const mean = (c: number, r: number, channel: number): number => means[(r * columns + c) * channels + channel] as number
    for (let channel = 0; channel < channels; channel++) {
      const upper = mean(left, top, channel) * (1 - fx) + mean(right, top, channel) * fx
      const lower = mean(left, below, channel) * (1 - fx) + mean(right, below, channel) * fx
      out[at + channel] = upper * (1 - fy) + lower * fy + 0.5
    }
  }
}

/** Means of the blocks along the edges; those within are never asked for. */
function rimMeans(image: Pixels): Float32Array {
  const columns = Math.ceil(image.width / BLOCK)
  const rows = Math.ceil(image.height / BLOCK)
  const means = new Float32Array(columns * rows * image.channels)
  for (let row = 0; row < rows; row++) {
    const step = row === 0 || row === rows - 1 ? 1 : Math.max(1, columns - 1)
    for (let column = 0; column < columns; column += step) {
      for (let channel = 0; channel < image.channels; channel++) {
        means[(row * columns + column) * image.channels + channel] = blockMean(image, { column, row, channel })
      }
    }
  }
  return means
}

function blockMean(
  { width, height, channels, data }: Pixels,
  { column, row, channel }: { column: number; row: number; channel: number },
): number {
  const right = Math.min(width, (column + 1) * BLOCK)
  const bottom = Math.min(height, (row + 1) * BLOCK)
  let sum = 0
  for (let y = row * BLOCK; y < bottom; y++)
    for (let x = column * BLOCK; x < right; x++) sum += data[(y * width + x) * channels + channel] as number
  return sum / ((right - column * BLOCK) * (bottom - row * BLOCK))
}
