import { assertPixels, type Pixels } from '@imagedoc/core'
import sharp, { type Sharp } from 'sharp'

/** Opens pixels with sharp, without a copy: the buffer must not change before the result is there. @throws OPERATION_CONTRACT */
export function openPixels(pixels: Pixels): Sharp {
  assertPixels(pixels)
  const { width, height, channels, data } = pixels
  // What is in memory has passed the limits; sharp's own default would refuse large but allowed pages.
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
}

/**
 * Runs a sharp pipeline and gives its pixels. Grey is demanded by name at every hand-over, or one channel would come back as three.
 * @throws OPERATION_CONTRACT when sharp's size and its buffer disagree.
 */
export async function collectPixels(pipeline: Sharp, expected: { grey: boolean; density: number | null }): Promise<Pixels> {
  const asked = expected.grey ? pipeline.toColourspace('b-w') : pipeline
  const { data, info } = await asked.raw().toBuffer({ resolveWithObject: true })
  const pixels: Pixels = {
    width: info.width,
    height: info.height,
    channels: info.channels as Pixels['channels'],
    density: expected.density,
    // Not a Buffer: its `slice` shares memory, where everyone expects a copy.
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }
  assertPixels(pixels)
  return pixels
}
