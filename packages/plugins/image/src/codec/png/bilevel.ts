import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Pixels } from '@imagedoc/core'
import { writePng } from './chunks.ts'

const compress = promisify(deflate)

/**
 * A black and white page as a PNG with one bit a pixel, which sharp cannot write without a palette. Values from 128 on are white.
 * @see PNG (third edition), 11.2 and 11.3.4.3
 */
export async function encodeBilevelPng(pixels: Pixels): Promise<Uint8Array> {
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, pixels.width)
  header.setUint32(4, pixels.height)
  header.setUint8(8, 1)
  const rows = await compress(packBits(pixels), { level: 6 })
  return writePng([
    ['IHDR', new Uint8Array(header.buffer)],
    ['IDAT', rows],
  ])
}

/** Eight pixels a byte, the first in the highest bit, each row behind a filter byte 0. */
function packBits({ width, height, data }: Pixels): Uint8Array {
  const stride = 1 + Math.ceil(width / 8)
  const out = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    const to = y * stride + 1
    const from = y * width
    for (let x = 0; x < width; x++) if ((data[from + x] as number) > 127) out[to + (x >> 3)]! |= 128 >> (x & 7)
  }
  return out
}
