import { bytesOf, type Codec, type Diagnostic, ImageDocError, type Json, type Matrix } from '../../index.ts'

/** The header of a made-up image file: a line of JSON, then every page's grey pixels. */
interface Header {
  width: number
  height: number
  pages: number
  density: number | null
  /** Half a turn, as EXIF orientation 3. */
  turned: boolean
  properties: Record<string, Json>
  /** Share of every page that is missing; the probe knows only that something is. */
  missing?: number
  /** Pages that the file has lost. */
  lost?: number
}

export const TEST_IMAGE = 'image/x-test'
export const OTHER_IMAGE = 'image/x-other'

/** A file of the codec below; page n is filled with n + 1. */
export function testImage(header: Partial<Header> = {}, fill?: (page: number, index: number) => number): Uint8Array {
  const full: Header = { width: 2, height: 2, pages: 1, density: 300, turned: false, properties: {}, ...header }
  const size = full.width * full.height
  const pixels = Uint8Array.from({ length: size * full.pages }, (_, index) => {
    const page = Math.floor(index / size)
    return fill ? fill(page, index % size) : page + 1
  })
  return new Uint8Array(Buffer.concat([Buffer.from(`${JSON.stringify(full)}\n`), pixels]))
}

function parse(bytes: Uint8Array): { header: Header; pixels: Uint8Array } {
  const end = bytes.indexOf(10)
  try {
    return { header: JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()), pixels: bytes.subarray(end + 1) }
  } catch (cause) {
    throw new ImageDocError('CORRUPT_INPUT', 'The test image has no header.', { cause })
  }
}

const warning = (code: string, details: Json = null): Diagnostic => ({
  code,
  severity: 'warning',
  message: `The test image: ${code}.`,
  details,
})

/** Reads and writes {@link testImage}s, so that core is tested without any image library. */
export const testCodec: Codec = {
  kind: 'image',
  blocking: false,
  mediaTypes: { decode: [TEST_IMAGE, OTHER_IMAGE], encode: [TEST_IMAGE, OTHER_IMAGE] },
  fingerprint: () => 'test/1',
  async probe(input) {
    const { width, height, pages, density, turned, missing, lost } = parse(bytesOf(input)).header
    const diagnostics = [...(missing === undefined ? [] : [warning('IMAGE_DAMAGED')]), ...(lost ? [warning('PAGES_LOST', { lost })] : [])]
    return { width, height, pages, density, upright: !turned, portable: missing === undefined, diagnostics }
  },
  async decode(input, { page }) {
    const { header, pixels } = parse(bytesOf(input))
    const { width, height, density, turned, properties, missing } = header
    const data = pixels.slice(page * width * height, (page + 1) * width * height)
    if (turned) data.reverse()
    const matrix: Matrix = turned ? [-1, 0, width, 0, -1, height, 0, 0, 1] : [1, 0, 0, 0, 1, 0, 0, 0, 1]
    const said: Diagnostic[] = turned ? [{ code: 'TURNED', severity: 'info', message: 'The test image was turned.' }] : []
    const diagnostics = missing === undefined ? said : [...said, warning('IMAGE_DAMAGED', { missing })]
    return { pixels: { width, height, channels: 1, density, data }, matrix, properties, diagnostics }
  },
  async encode(pixels, { mediaType }) {
    if (mediaType !== TEST_IMAGE && mediaType !== OTHER_IMAGE) throw new ImageDocError('UNSUPPORTED_MEDIA_TYPE', `No ${mediaType} here.`)
    return testImage({ width: pixels.width, height: pixels.height, density: pixels.density }, (_, index) => pixels.data[index] ?? 0)
  },
}
