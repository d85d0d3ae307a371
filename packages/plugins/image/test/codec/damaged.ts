import { type Diagnostic, defaultLimits, type Pixels } from '@imagedoc/core'
import sharp from 'sharp'
import { imageCodec } from '../../src/codec/codec.ts'
import { paint } from '../pages.ts'

const signal = new AbortController().signal
export const decode = (bytes: Uint8Array) => imageCodec.decode(bytes, { page: 0, limits: defaultLimits, signal })
export const probe = (bytes: Uint8Array) => imageCodec.probe(bytes, defaultLimits, { depth: 'whole' })
// Nowhere white and as much to code in every row, so that bytes and rows are lost in the same share.
export const page = paint(320, 320, (x, y) => [(x * 97 + y * 31) % 200, ((x * y) ^ (y * 7)) % 200, (x ^ (y * 3)) % 200])
export const raw = () => sharp(page.data, { raw: { width: 320, height: 320, channels: 3 } })
export const cut = (bytes: Uint8Array, share: number): Uint8Array => bytes.subarray(0, Math.floor(bytes.length * share))
export const damage = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.find(({ code }) => code === 'IMAGE_DAMAGED')?.details as { missing: number } | undefined

/** Rows from the bottom on that are white all over. */
export function whiteRows({ width, height, channels, data }: Pixels): number {
  let rows = 0
  while (
    rows < height &&
    data.subarray((height - rows - 1) * width * channels, (height - rows) * width * channels).every((value) => value === 255)
  )
    rows++
  return rows
}
