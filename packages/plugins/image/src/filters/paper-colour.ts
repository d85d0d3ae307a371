import type { Pixels } from '@imagedoc/core'
import { histogram, otsuLevel } from './otsu.ts'

/** Of this many pixels each way one is looked at. */
const STRIDE = 7

/** The colour of the paper, one value a channel: the median of what is lighter than ink, stains and the desk. */
export function paperColour({ width, height, channels, data }: Pixels): number[] {
  const samples: number[] = []
  for (let y = 0; y < height; y += STRIDE) for (let x = 0; x < width; x += STRIDE) samples.push((y * width + x) * channels)
  const middle = channels === 1 ? 0 : 1
  const level = otsuLevel(histogram(Uint8Array.from(samples, (at) => data[at + middle] as number)))
  const light = samples.filter((at) => (data[at + middle] as number) > level)
  const chosen = light.length > 0 ? light : samples
  return Array.from({ length: channels }, (_, channel) => median(chosen, (at) => data[at + channel] as number))
}

function median(places: number[], value: (at: number) => number): number {
  const sorted = Uint8Array.from(places, value).sort()
  return sorted[sorted.length >> 1] ?? 255
}
