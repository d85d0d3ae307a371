import type { Pixels } from '@imagedoc/core'
import type { ImageLayout } from './image-layout.ts'
import { photometric } from './tags.ts'

const [ASSOCIATED_ALPHA, ALPHA] = [1, 2]
/** Samples that are colours; more than these are extra. */
const COLOURS: Readonly<Record<number, number>> = { [photometric.rgb]: 3, [photometric.ycbcr]: 3, [photometric.separated]: 4 }

/** Samples of a pixel that are no colours. */
export const extraCount = (layout: ImageLayout): number => Math.max(0, layout.samples - (COLOURS[layout.photometric] ?? 1))

/**
 * True where the first extra sample is transparency: as ExtraSamples says; a sample of unspecified meaning is none. Where the field is
 * missing, one extra sample counts as transparency, as most readers take it.
 */
export function hasAlpha(layout: ImageLayout): boolean {
  const [kind] = layout.extraSamples
  return kind === undefined ? extraCount(layout) === 1 : kind === ASSOCIATED_ALPHA || kind === ALPHA
}

/** The pixels with the channels that are meant: grey is one channel, and transparency that nobody declared and that would hide the whole page is none. */
export function meantChannels(pixels: Pixels, { extraSamples, photometric: meaning }: ImageLayout): Pixels {
  const isGrey = meaning === photometric.whiteIsZero || meaning === photometric.blackIsZero
  if (pixels.channels === 3 && isGrey) return firstChannels(pixels, 1)
  if (pixels.channels !== 4 || extraSamples.length > 0 || !isInvisible(pixels)) return pixels
  return firstChannels(pixels, isGrey ? 1 : 3)
}

function isInvisible({ data }: Pixels): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return false
  return true
}

function firstChannels({ width, height, density, data, channels: from }: Pixels, channels: 1 | 3): Pixels {
  const kept = new Uint8Array(width * height * channels)
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let c = 0; c < channels; c++) kept[pixel * channels + c] = data[pixel * from + c] as number
  return { width, height, density, channels, data: kept }
}
