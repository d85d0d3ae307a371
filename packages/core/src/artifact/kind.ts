import { z } from 'zod'
import { ImageDocError, type Json } from '../errors/error.ts'
import type { Layout } from './layout/layout.ts'
import { assertLayout, parseLayout } from './layout/parse-layout.ts'

/** Rows tightly packed, 8 bit, sRGB, not premultiplied; density in dots per inch. */
export interface Pixels {
  width: number
  height: number
  channels: 1 | 3 | 4
  density: number | null
  data: Uint8Array
}
/** The file itself, untouched or freshly encoded. */
export interface Encoded {
  mediaType: string
  bytes: Uint8Array
}
/** An image file with the size of its (upright) pixels. */
export interface EncodedImage extends Encoded {
  width: number
  height: number
  density: number | null
}
/** What `text` ports take and give; pages are separated by a form feed. */
export interface Text {
  text: string
  /** BCP 47 or ISO 639 tag, as the engine that made it names it; null when unknown. */
  language: string | null
}

/** What an artifact is: how its value becomes bytes and what an operation may know of it without them. */
export interface Kind<Name extends string = string, Value = unknown, Meta extends Json = Json> {
  readonly name: Name
  /** Of a file that holds it, without the dot. */
  readonly extension: string
  readonly meta: z.ZodType<Meta>
  describe(value: Value): Meta
  toBytes(value: Value): Encoded
  fromBytes(encoded: Encoded, meta: Meta): Value
}

/** A kind of any value and meta. */
// biome-ignore lint/suspicious/noExplicitAny: a kind is invariant in its value; only `any` lets a concrete one be used where any is wanted
export type AnyKind = Kind<string, any, any>

/** Defines a kind; a plugin hands it over in `setup().kinds`. */
export function defineKind<const Name extends string, Value, Meta extends Json>(kind: Kind<Name, Value, Meta>): Kind<Name, Value, Meta> {
  return kind
}

/** Media type of raw pixels: tightly packed rows as {@link Pixels} describes them. */
export const PIXELS_MEDIA_TYPE = 'application/vnd.imagedoc.pixels'

const imageMeta = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  /** Null while the file has not been decoded. */
  channels: z.union([z.literal(1), z.literal(3), z.literal(4)]).nullable(),
  density: z.number().positive().nullable(),
})
/** Width and height in pixels, channels, and density in dots per inch (null when unknown). */
export type ImageMeta = z.output<typeof imageMeta>

/** True when an image value is pixels rather than a file. */
export function isPixels(value: Pixels | EncodedImage): value is Pixels {
  return 'data' in value
}

/** True for pixels of which each is black or white: one channel with the values 0 and 255 only. */
export function isBilevel({ channels, data }: Pixels): boolean {
  if (channels !== 1) return false
  for (let i = 0; i < data.length; i++) if (data[i] !== 0 && data[i] !== 255) return false
  return true
}

/** An image: pixels, or an image file. */
export const imageKind = defineKind<'image', Pixels | EncodedImage, ImageMeta>({
  name: 'image',
  extension: 'png',
  meta: imageMeta,
  describe: (value) => ({
    width: value.width,
    height: value.height,
    channels: isPixels(value) ? value.channels : null,
    density: value.density,
  }),
  toBytes(value) {
    if (!isPixels(value)) return { mediaType: value.mediaType, bytes: value.bytes }
    assertPixels(value)
    return { mediaType: PIXELS_MEDIA_TYPE, bytes: value.data }
  },
  fromBytes(encoded, meta) {
    const { width, height, density } = meta
    if (encoded.mediaType !== PIXELS_MEDIA_TYPE) return { ...encoded, width, height, density }
    const pixels = { width, height, density, channels: meta.channels ?? 1, data: encoded.bytes }
    assertPixels(pixels)
    return pixels
  },
})

/**
 * sharp accepts a raw buffer that is too long without a word and then reads a skewed image, so every hand-over is checked.
 * @throws OPERATION_CONTRACT when the buffer's length is not width x height x channels, or a field is out of range.
 */
export function assertPixels(pixels: Pixels): void {
  const { width, height, channels, data } = pixels
  const wanted = width * height * channels
  const sane = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && [1, 3, 4].includes(channels)
  if (!sane || data.length !== wanted) {
    throw new ImageDocError(
      'OPERATION_CONTRACT',
      `Pixels of ${width} x ${height} x ${channels} need ${wanted} bytes in tightly packed rows, but there are ${data.length}.`,
    )
  }
}

/** A PDF file. */
export const pdfKind = defineKind<'pdf', Encoded, { pages: number | null }>({
  name: 'pdf',
  extension: 'pdf',
  meta: z.object({ pages: z.int().nonnegative().nullable() }),
  describe: () => ({ pages: null }),
  toBytes: (value) => value,
  fromBytes: (encoded) => encoded,
})

/** A recognised page. Stored ones of an earlier version are read as the current one. */
export const layoutKind = defineKind<'layout', Layout, { width: number; height: number }>({
  name: 'layout',
  extension: 'json',
  meta: z.object({ width: z.number(), height: z.number() }),
  describe(value) {
    assertLayout(value)
    return { width: value.width, height: value.height }
  },
  // Parsed, its members have one order: equal layouts have equal bytes, whoever made them.
  toBytes: (value) => ({ mediaType: 'application/vnd.imagedoc.layout+json', bytes: encodeText(JSON.stringify(parseLayout(value))) }),
  fromBytes: ({ bytes }) => parseLayout(JSON.parse(decodeText(bytes))),
})

/** Plain text, UTF-8. */
export const textKind = defineKind<'text', Text, { language: string | null }>({
  name: 'text',
  extension: 'txt',
  meta: z.object({ language: z.string().nullable() }),
  describe: ({ language }) => ({ language }),
  toBytes: ({ text }) => ({ mediaType: 'text/plain; charset=utf-8', bytes: encodeText(text) }),
  fromBytes: ({ bytes }, meta) => ({ text: decodeText(bytes), language: meta.language }),
})

/** Any JSON. */
export const dataKind = defineKind<'data', Json, null>({
  name: 'data',
  extension: 'json',
  meta: z.null(),
  describe: () => null,
  toBytes: (value) => ({ mediaType: 'application/json', bytes: encodeText(JSON.stringify(value)) }),
  fromBytes: ({ bytes }) => JSON.parse(decodeText(bytes)) as Json,
})

/** The kinds that core brings. */
export const coreKinds: readonly AnyKind[] = [imageKind, pdfKind, layoutKind, textKind, dataKind]

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)
const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
