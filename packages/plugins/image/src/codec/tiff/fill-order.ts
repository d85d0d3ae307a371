import { type ByteRange, wholeOf } from '../byte-source.ts'
import type { ImageLayout } from './image-layout.ts'

/** The bytes of a part with the first bit highest, as compressions want it; FillOrder 2 has it lowest. JPEG alone is never turned (libtiff, TIFF_NOBITREV). */
export function firstBitHighest(part: ByteRange, { fillOrder }: ImageLayout): Uint8Array {
  const bytes = wholeOf(part)
  return fillOrder === 2 ? bytes.map(reversed) : bytes
}

function reversed(value: number): number {
  let out = 0
  for (let bit = 0; bit < 8; bit++) out |= ((value >> bit) & 1) << (7 - bit)
  return out
}
