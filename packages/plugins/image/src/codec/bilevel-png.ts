import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import type { Pixels } from '@imagedoc/core'

const compress = promisify(deflate)
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

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
  const density = pixels.density === null ? [] : [chunk('pHYs', physical(pixels.density))]
  return Buffer.concat([signature, chunk('IHDR', bytesOf(header)), ...density, chunk('IDAT', rows), chunk('IEND', new Uint8Array(0))])
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

function chunk(type: string, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + content.length)
  out.writeUInt32BE(content.length, 0)
  out.write(type, 4, 'latin1')
  out.set(content, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length)
  return out
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer)
