import { bytesOf, type Codec, ImageDocError, type Json, type Matrix, type Pixels } from '../../src/index.ts'

/** The header of a made-up image file: a real signature (so that sniffing knows it), a line of JSON, then every page's grey pixels. */
interface Header {
  width: number
  height: number
  pages: number
  density: number | null
  /** Half a turn, as EXIF orientation 3. */
  turned: boolean
  properties: Record<string, Json>
}

const signatures = {
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  'image/tiff': Buffer.from('II*\0'),
} as const
type TestMediaType = keyof typeof signatures

/** An image file of the codec below. `fill` gives the grey value of a pixel; without it page n is filled with n + 1. */
export function imageFile(
  header: Partial<Header> & { mediaType?: TestMediaType } = {},
  fill?: (page: number, index: number) => number,
): Uint8Array<ArrayBuffer> {
  const { mediaType = 'image/png', ...given } = header
  const full: Header = { width: 4, height: 2, pages: 1, density: 300, turned: false, properties: {}, ...given }
  const size = full.width * full.height
  const pixels = Buffer.alloc(size * full.pages)
  for (let at = 0; at < pixels.length; at++) {
    const page = Math.floor(at / size)
    pixels[at] = fill ? fill(page, at % size) : page + 1
  }
  return new Uint8Array(Buffer.concat([signatures[mediaType], Buffer.from(`${JSON.stringify(full)}\n`), pixels]))
}

/** What is in such a file. */
export function readImageFile(bytes: Uint8Array): Header & { pixels: number[] } {
  const { header, pixels } = parse(bytes)
  return { ...header, pixels: [...pixels] }
}

function parse(bytes: Uint8Array): { header: Header; pixels: Uint8Array } {
  const start = bytes.indexOf(0x7b)
  const end = bytes.indexOf(0x0a, start)
  try {
    return { header: JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()), pixels: bytes.subarray(end + 1) }
  } catch (cause) {
    throw new ImageDocError('CORRUPT_INPUT', 'The test image has no header.', { cause })
  }
}

/** An image that begins with this grey value cannot be written, as one that is too long for its format. */
export const UNWRITABLE = 250

/** Reads and writes {@link imageFile}s, so that core is tested without any image library. */
export const testCodec: Codec = {
  kind: 'image',
  blocking: false,
  mediaTypes: { decode: ['image/png', 'image/tiff'], encode: ['image/png', 'image/tiff'] },
  fingerprint: () => 'workshop/1',
  async probe(input) {
    const { width, height, pages, density, turned } = parse(bytesOf(input)).header
    return { width, height, pages, density, upright: !turned }
  },
  async decode(input, { page }) {
    const { header, pixels } = parse(bytesOf(input))
    const { width, height, density, turned, properties } = header
    const data = Uint8Array.from(pixels.subarray(page * width * height, (page + 1) * width * height))
    if (turned) data.reverse()
    const matrix: Matrix = turned ? [-1, 0, width, 0, -1, height, 0, 0, 1] : [1, 0, 0, 0, 1, 0, 0, 0, 1]
    const diagnostics = turned ? [{ code: 'TURNED', severity: 'info' as const, message: 'The image was turned.' }] : []
    return { pixels: { width, height, channels: 1, density, data }, matrix, properties, diagnostics }
  },
  async encode(pixels, { mediaType, properties = {} }) {
    if (!(mediaType in signatures)) throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `No ${mediaType} here.`)
    if (pixels.data[0] === UNWRITABLE) throw new ImageDocError('TOO_MANY_PIXELS', 'No file can hold this image.')
    return encodePixels(pixels, mediaType as TestMediaType, properties)
  },
}

export function encodePixels(pixels: Pixels, mediaType: TestMediaType, properties: Readonly<Record<string, Json>>): Uint8Array {
  const { width, height, density } = pixels
  return imageFile({ mediaType, width, height, density, properties: { ...properties } }, (_, index) => pixels.data[index] ?? 0)
}
