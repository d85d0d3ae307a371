import { ImageDocError } from '@imagedoc/core'
import type { ImageLayout } from './image-layout.ts'
import { extraCount, hasAlpha } from './samples.ts'
import { compressionNames, photometric, photometricNames } from './tags.ts'

const LZW_COPY = 'for example with "tiffcp -c lzw in.tif out.tif"'
const EIGHT_BIT_COPY = 'for example with "convert in.tif -depth 8 out.tif" of ImageMagick'
const RGB_COPY = 'for example with "convert in.tif -colorspace sRGB out.tif" of ImageMagick'
const CHUNKY_COPY = 'for example with "tiffcp -p contig in.tif out.tif"'

/** CCITT fax codes, which hold black and white only. */
export const isFax = ({ compression }: ImageLayout): boolean => [2, 3, 4, 32771].includes(compression)
/** Those that zlib and node's Zstandard undo: their checksums show damage. */
export const isZstandard = ({ compression }: ImageLayout): boolean => compression === 50000 || compression === 34926
export const isDeflate = ({ compression }: ImageLayout): boolean => compression === 8 || compression === 32946
export const isJpeg = ({ compression }: ImageLayout): boolean => compression === 7

/**
 * Refuses what sharp's libtiff gives as black, as other colours or not at all, by name and with what to do.
 * @throws UNSUPPORTED_MEDIA_TYPE
 */
export function assertSupported(layout: ImageLayout): void {
  const found = unsupported(layout)
  if (found === undefined) return
  const [what, remedy] = found
  throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `The page is stored as ${what}, which is not supported; convert it, ${remedy}.`)
}

/** What is not supported, and the remedy; or undefined. */
function unsupported(layout: ImageLayout): [what: string, remedy: string] | undefined {
  const { compression, planar, tiled } = layout
  if (!isSupportedCompression(layout)) return [`TIFF compression ${compression} (${compressionNames[compression] ?? 'unknown'})`, LZW_COPY]
  const meaning = unsupportedMeaning(layout)
  if (meaning) return [meaning, RGB_COPY]
  const samples = unsupportedSamples(layout)
  if (samples) return [samples, EIGHT_BIT_COPY]
  return planar && tiled ? ['TIFF with tiles in separate planes', CHUNKY_COPY] : undefined
}

function isSupportedCompression(layout: ImageLayout): boolean {
  if (isFax(layout) || isDeflate(layout) || isZstandard(layout) || isJpeg(layout)) return true
  return [1, 5, 32773, 50001].includes(layout.compression)
}

function unsupportedMeaning({ photometric: meaning, compression, planar, samples }: ImageLayout): string | undefined {
  const known: readonly number[] = [
    photometric.whiteIsZero,
    photometric.blackIsZero,
    photometric.rgb,
    photometric.palette,
    photometric.separated,
  ]
  if (meaning === photometric.ycbcr)
    return compression === 7 && !planar && samples === 3 ? undefined : 'TIFF with YCbCr colours outside of JPEG'
  if (known.includes(meaning)) return undefined
  return `TIFF with photometric interpretation ${meaning} (${photometricNames[meaning] ?? 'unknown'})`
}

const FORMATS: Readonly<Record<number, string>> = {
  2: 'signed whole numbers',
  3: 'floating-point numbers',
  5: 'complex numbers',
  6: 'complex numbers',
}

function unsupportedSamples(layout: ImageLayout): string | undefined {
  const { bits, samples, sampleFormats } = layout
  const depth = bits[0] ?? 1
  if (bits.some((other) => other !== depth)) return `TIFF with samples of ${bits.join(', ')} bits side by side`
  const format = FORMATS[sampleFormats.find((value) => FORMATS[value] !== undefined) ?? 1]
  // Some writers of black and white pages call their bits signed.
  if (format && depth > 1) return `TIFF with ${depth}-bit ${format}`
  const allowed = samples === 1 && layout.photometric !== photometric.ycbcr ? [1, 2, 4, 8, 16] : [8, 16]
  if (!allowed.includes(depth)) return `TIFF with ${samples} x ${depth}-bit samples`
  if (isFax(layout) && (depth !== 1 || samples !== 1)) return `TIFF with ${samples} x ${depth}-bit samples in a fax code`
  if (isJpeg(layout) && depth !== 8) return `TIFF with ${depth}-bit JPEG`
  if (hasAlpha(layout) && extraCount(layout) > 1) return `TIFF with transparency and ${extraCount(layout) - 1} more extra samples`
  return samples > 8 ? `TIFF with ${samples} samples a pixel` : undefined
}
