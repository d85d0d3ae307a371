import type { Pixels } from '@imagedoc/core'

/**
 * The header that makes raw grey or RGB pixels a file that Leptonica reads, exact and uncompressed (PGM or PPM).
 * @see https://netpbm.sourceforge.net/doc/ppm.html
 */
export function pnmHeader({ width, height, channels }: Pixels): string {
  return `P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`
}
