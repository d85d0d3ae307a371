import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Pixels } from '@imagedoc/core'
import { writePng } from './png/chunks.ts'

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
  const density = pixels.density === null ? [] : [['pHYs', physical(pixels.density)] as const]
  return writePng([['IHDR', bytesOf(header)], ...density, ['IDAT', rows]])
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

/** Pixels per metre, both ways. */
function physical(density: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(9))
  const perMetre = Math.round(density / 0.0254)
  view.setUint32(0, perMetre)
  view.setUint32(4, perMetre)
  view.setUint8(8, 1)
  return bytesOf(view)
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer)
