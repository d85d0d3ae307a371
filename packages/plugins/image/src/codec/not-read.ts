import { ImageDocError } from '@imagedoc/core'

interface Foreign {
  readonly name: string
  readonly mediaTypes: readonly string[]
  /** First bytes, for what core's sniffing does not tell. */
  readonly starts?: readonly string[]
  readonly instead: string
}

const lossless = 'Convert it to PNG or TIFF'

/** Formats that people scan or photograph in and that are not read, with what to do. */
const foreign: readonly Foreign[] = [
  {
    name: 'HEIC',
    mediaTypes: ['image/heic', 'image/heif'],
    instead: 'Export it as JPEG; phones can take photographs as JPEG ("most compatible")',
  },
  {
    name: 'JPEG 2000',
    mediaTypes: ['image/jp2', 'image/j2k', 'image/jpx'],
    starts: ['\xff\x4f\xff\x51', '\0\0\0\x0cjP  '],
    instead: `${lossless}, for example with opj_decompress`,
  },
  { name: 'JPEG XL', mediaTypes: ['image/jxl'], starts: ['\xff\x0a', '\0\0\0\x0cJXL '], instead: `${lossless}, for example with djxl` },
  { name: 'JPEG XR', mediaTypes: ['image/jxr', 'image/vnd.ms-photo'], starts: ['II\xbc\x01'], instead: lossless },
  { name: 'GIF', mediaTypes: ['image/gif'], instead: 'Convert it to PNG' },
  { name: 'BMP', mediaTypes: ['image/bmp'], starts: ['BM'], instead: 'Convert it to PNG' },
  { name: 'Photoshop', mediaTypes: ['image/vnd.adobe.photoshop'], starts: ['8BPS'], instead: 'Export it as TIFF or PNG' },
  { name: 'SVG', mediaTypes: ['image/svg+xml'], instead: 'Draw it as PNG at the size that is wanted' },
  {
    name: 'PNM',
    mediaTypes: ['image/x-portable-anymap', 'image/x-portable-pixmap'],
    starts: [1, 2, 3, 4, 5, 6, 7].flatMap((kind) => [`P${kind}\n`, `P${kind} `]),
    instead: lossless,
  },
  { name: 'DjVu', mediaTypes: ['image/vnd.djvu'], starts: ['AT&TFORM'], instead: 'Convert it to PDF, for example with ddjvu' },
  { name: 'JBIG2', mediaTypes: ['image/x-jb2'], starts: ['\x97JB2'], instead: 'Convert it to PDF or TIFF' },
  { name: 'OpenEXR', mediaTypes: ['image/x-exr'], starts: ['\x76\x2f\x31\x01'], instead: lossless },
  {
    name: 'ICO',
    mediaTypes: ['image/x-icon', 'image/vnd.microsoft.icon'],
    starts: ['\0\0\x01\0', '\0\0\x02\0'],
    instead: 'Convert it to PNG',
  },
]

const HEAD = 32

/** The error for a file of a type that is not read: by its name, and with what to do. */
export function notRead(bytes: Uint8Array, mediaType: string | undefined, decodable: readonly string[]): ImageDocError {
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1')
  const found = foreign.find(({ mediaTypes, starts }) =>
    mediaType === undefined ? starts?.some((start) => head.startsWith(start)) : mediaTypes.includes(mediaType),
  )
  if (found === undefined) {
    const message = `The content is ${mediaType ?? 'no known type'}, which is not read as an image; convert it to ${decodable.join(', ')}.`
    return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message)
  }
  const message = `The image is ${found.name}, which is not supported. ${found.instead}.`
  return new ImageDocError('UNSUPPORTED_MEDIA_TYPE', message, { details: { encoding: found.name } })
}
