import type { Pixels } from '@imagedoc/core'
import type { Grey } from './grey.ts'

/** A smaller grey copy: the mean of blocks of `factor` x `factor` pixels. Rests at the right and at the bottom that fill no block are left out. */
export function reduce({ width, height, channels, data }: Pixels, factor: number): Grey {
  const out = { width: Math.max(1, Math.floor(width / factor)), height: Math.max(1, Math.floor(height / factor)) }
  const grey = new Uint8Array(out.width * out.height)
  const sums = new Uint32Array(out.width)
  const colours = channels === 1 ? 1 : 3
  const area = Math.min(factor, width) * Math.min(factor, height) * colours
  for (let y = 0; y < out.height; y++) {
    sums.fill(0)
    for (let line = 0; line < Math.min(factor, height); line++) {
      let at = (y * factor + line) * width * channels
      for (let x = 0; x < out.width; x++) {
        let sum = 0
        for (let column = 0; column < Math.min(factor, width); column++, at += channels) {
          sum += data[at] as number
          if (colours === 3) sum += (data[at + 1] as number) + (data[at + 2] as number)
        }
        sums[x]! += sum
      }
    }
    for (let x = 0; x < out.width; x++) grey[y * out.width + x] = (sums[x] as number) / area
  }
  return { ...out, data: grey }
}
