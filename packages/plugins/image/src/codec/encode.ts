import { assertPixels, type Codec, ImageDocError, type Json, type Pixels, type Properties } from '@imagedoc/core'
import type { Sharp } from 'sharp'
import { flattenAlpha } from '../filters/flatten-alpha.ts'
import { isBilevel } from './bilevel.ts'
import { encodeBilevelPng } from './bilevel-png.ts'
import { writeProperties } from './properties.ts'
import { openPixels } from './raw.ts'

/** Quality of JPEG and WebP when none is asked for. */
export const DEFAULT_QUALITY = 82
const MILLIMETRES = 25.4

interface Target {
  pixels: Pixels
  properties: Properties
  quality: number
}

const writers: Record<string, (target: Target) => Sharp | Promise<Uint8Array>> = {
  // JPEG has no transparency.
  'image/jpeg': (target) => open({ ...target, pixels: flattenAlpha(target.pixels) }).jpeg({ quality: target.quality }),
  'image/webp': (target) => open(target).webp({ quality: target.quality }),
  'image/png': writePng,
  'image/tiff': writeTiff,
}

/** The longest side that a format holds: WebP by its container (RFC 9649, 2.7), JPEG by libjpeg's JPEG_MAX_DIMENSION. */
const LONGEST_SIDE: Readonly<Record<string, number>> = { 'image/webp': 16_383, 'image/jpeg': 65_500 }

/** What the codec encodes. */
export const encodable: readonly string[] = Object.keys(writers)

/**
 * Encodes pixels with their density. Grey stays one channel; a black and white page becomes a one-bit PNG or a CCITT G4 TIFF.
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
  const written = await write({ pixels, properties: as.properties ?? {}, quality: qualityOf(as.options) })
  return written instanceof Uint8Array ? written : new Uint8Array(await written.toBuffer())
}

function qualityOf(options: Json | undefined): number {
  const quality = options && typeof options === 'object' && !Array.isArray(options) ? options.quality : undefined
  return typeof quality === 'number' ? quality : DEFAULT_QUALITY
}

function open({ pixels, properties }: Target): Sharp {
  const grey = pixels.channels === 1
  const image = grey ? openPixels(pixels).toColourspace('b-w') : openPixels(pixels)
  const tagged = writeProperties(image, properties, grey)
  return pixels.density === null ? tagged : tagged.withDensity(pixels.density)
}

function writePng(target: Target): Sharp | Promise<Uint8Array> {
  if (!isBilevel(target.pixels)) return open(target).png({ compressionLevel: 6 })
  // With EXIF or XMP sharp has to write the file: two colours of a palette are as lossless, a little larger.
  const bare = !target.properties.exif && !target.properties.xmp
  return bare ? encodeBilevelPng(target.pixels) : open(target).png({ palette: true, colours: 2, dither: 0 })
}

function writeTiff(target: Target): Sharp {
  const { density } = target.pixels
  const resolution = density === null ? {} : { xres: density / MILLIMETRES, yres: density / MILLIMETRES, resolutionUnit: 'inch' as const }
  if (isBilevel(target.pixels)) return open(target).tiff({ compression: 'ccittfax4', bitdepth: 1, ...resolution })
  return open(target).tiff({ compression: 'deflate', predictor: 'horizontal', ...resolution })
}
