import type { ImageLayout } from './image-layout.ts'

/** The bytes with the first bit highest, as compressions want it; FillOrder 2 has it lowest. JPEG alone is never turned (libtiff, TIFF_NOBITREV). */
export function firstBitHighest(part: Uint8Array, { fillOrder }: ImageLayout): Uint8Array {
  return fillOrder === 2 ? part.map(reversed) : part
}

function reversed(value: number): number {
  let out = 0
  for (let bit = 0; bit < 8; bit++) out |= ((value >> bit) & 1) << (7 - bit)
  return out
}
