import { assertPixels, type Codec, ImageDocError, isBilevel, type Json, type Pixels } from '@imagedoc/core'
import type { Sharp } from 'sharp'
import { flattenAlpha } from '../filters/flatten-alpha.ts'
import { tagJpeg } from './jpeg/metadata.ts'
import { carry } from './metadata/carried.ts'
import type { Tagger } from './metadata/file-tags.ts'
import { encodeBilevelPng } from './png/bilevel.ts'
import { tagPng } from './png/metadata.ts'
import { openPixels } from './raw.ts'
import { tagTiff } from './tiff/metadata.ts'
import { tagWebp } from './webp/metadata.ts'

/** Quality of JPEG and WebP when none is asked for. */
export const DEFAULT_QUALITY = 82

interface Target {
  pixels: Pixels
  /** The original had a colour profile. */
  profile: boolean
  quality: number
}

const writers: Record<string, (target: Target) => Sharp | Promise<Uint8Array>> = {
  // JPEG has no transparency.
  'image/jpeg': (target) => open({ ...target, pixels: flattenAlpha(target.pixels) }).jpeg({ quality: target.quality }),
  'image/webp': (target) => open(target).webp({ quality: target.quality }),
  'image/png': (target) => (isBilevel(target.pixels) ? encodeBilevelPng(target.pixels) : open(target).png({ compressionLevel: 6 })),
  'image/tiff': (target) =>
    isBilevel(target.pixels)
      ? open(target).tiff({ compression: 'ccittfax4', bitdepth: 1 })
      : open(target).tiff({ compression: 'deflate', predictor: 'horizontal' }),
}

/** sharp writes pixels and profile alone: of EXIF it takes text only, and a density it always writes, known or not. */
const taggers: Record<string, Tagger> = {
  'image/jpeg': tagJpeg,
  'image/webp': tagWebp,
  'image/png': tagPng,
  'image/tiff': tagTiff,
}

/** The longest side that a format holds: WebP by its container (RFC 9649, 2.7), JPEG by libjpeg's JPEG_MAX_DIMENSION. */
const LONGEST_SIDE: Readonly<Record<string, number>> = { 'image/webp': 16_383, 'image/jpeg': 65_500 }

/** What the codec encodes. */
export const encodable: readonly string[] = Object.keys(writers)

/**
 * Encodes pixels with their density, and none where it is unknown, and with the kept properties. Grey stays one channel; a black and white page becomes a one-bit PNG or a CCITT G4 TIFF.
 * PNG and TIFF are lossless. Options: `quality`, 1 to 100, for JPEG and WebP.
 * @throws UNSUPPORTED_MEDIA_TYPE, OPERATION_CONTRACT, INVALID_PARAMETER for an image that is too long for the format
 */
export async function encode(pixels: Pixels, as: Parameters<Codec['encode']>[1]): Promise<Uint8Array> {
  assertPixels(pixels)
  const write = writers[as.mediaType]
  if (!write)
    throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `Images are not written as ${as.mediaType}; choose one of ${encodable.join(', ')}.`)
  const { width, height } = pixels
  const longest = LONGEST_SIDE[as.mediaType]
  if (longest !== undefined && Math.max(width, height) > longest) {
    const message = `An image of ${width} x ${height} pixels does not fit into ${as.mediaType}, which holds ${longest} a side. Write PNG or TIFF, or make it smaller.`
    throw new ImageDocError('INVALID_PARAMETER', message)
  }
  const properties = as.properties ?? {}
  const written = await write({ pixels, profile: properties.icc !== undefined, quality: qualityOf(as.options) })
  const file = written instanceof Uint8Array ? written : await written.toBuffer()
  const { exif, xmp, texts } = carry(properties, as.mediaType)
  return new Uint8Array(taggers[as.mediaType]?.(file, { exif, xmp, texts, density: pixels.density }) ?? file)
}

function qualityOf(options: Json | undefined): number {
  const quality = options && typeof options === 'object' && !Array.isArray(options) ? options.quality : undefined
  return typeof quality === 'number' ? quality : DEFAULT_QUALITY
}

function open({ pixels, profile }: Target): Sharp {
  const grey = pixels.channels === 1
  const image = grey ? openPixels(pixels).toColourspace('b-w') : openPixels(pixels)
  // What came with a profile is tagged as the sRGB that it is now; on a grey image that would make it three channels.
  return profile && !grey ? image.withIccProfile('srgb') : image
}
