import { describe, expect, it } from 'vitest'
import { extensionOf, mediaTypeOfName, SNIFF_BYTES, sniff, typeInWords } from '../../src/index.ts'

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))
const utf8 = (text: string): Uint8Array => Buffer.from(text)
const typeOf = (head: Uint8Array): string | undefined => sniff(head)?.mediaType
const ftyp = (brand: string, ...compatible: string[]): Uint8Array =>
  bytes([0, 0, 0, 16 + compatible.length * 4], 'ftyp', brand, [0, 0, 0, 0], ...compatible, [0, 0])

describe('sniffing', () => {
  it.each<[string, string, Uint8Array]>([
    ['image/jpeg', 'image', bytes([0xff, 0xd8, 0xff, 0xe0])],
    ['image/png', 'image', bytes([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0])],
    ['image/webp', 'image', bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')],
    ['image/tiff', 'image', bytes('II*\0')],
    ['image/tiff', 'image', bytes('MM\0*')],
    ['image/tiff', 'image', bytes('II+\0')],
    ['image/avif', 'image', ftyp('avif')],
    ['image/avif', 'image', ftyp('mif1', 'avif', 'miaf')],
    ['image/heic', 'image', ftyp('heic')],
    ['image/gif', 'image', bytes('GIF89a')],
    ['image/jp2', 'image', bytes([0, 0, 0, 12], 'jP  ')],
    ['image/bmp', 'image', bytes('BM', [1, 2, 3, 4, 0, 0, 0, 0])],
    ['application/pdf', 'pdf', bytes('%PDF-1.7\n')],
    ['application/zip', 'data', bytes('PK', [3, 4])],
    ['image/heic', 'image', ftyp('mif1', 'heic')],
    ['image/jxl', 'image', bytes([0xff, 0x0a, 0, 0])],
    ['image/jxl', 'image', bytes([0, 0, 0, 12], 'JXL \r\n', [0x87, 0x0a])],
    ['image/j2c', 'image', bytes([0xff, 0x4f, 0xff, 0x51])],
    ['image/vnd.adobe.photoshop', 'image', bytes('8BPS', [0, 1])],
    ['image/vnd.djvu', 'image', bytes('AT&TFORM', [0, 0, 0, 9], 'DJVU')],
    ['application/postscript', 'image', bytes('%!PS-Adobe-3.0 EPSF-3.0\n')],
    ['application/postscript', 'image', bytes([0xc5, 0xd0, 0xd3, 0xc6, 0, 0])],
    ['image/x-canon-cr2', 'image', bytes('II*\0', [16, 0, 0, 0], 'CR', [2, 0])],
    ['image/x-canon-cr3', 'image', ftyp('crx ', 'isom')],
    ['image/x-fuji-raf', 'image', bytes('FUJIFILMCCD-RAW 0201')],
    ['image/x-olympus-orf', 'image', bytes('IIRO', [8, 0, 0, 0])],
    ['image/x-panasonic-rw2', 'image', bytes('IIU', [0, 24, 0, 0, 0])],
    ['image/vnd.microsoft.icon', 'image', bytes([0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0])],
    ['image/x-tga', 'image', bytes([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 16, 0, 24, 0x20, 1, 2, 3])],
    ['image/x-portable-anymap', 'image', bytes('P6 1 1 255\nabc')],
    ['image/x-pcx', 'image', bytes([10, 5, 1, 8, 0, 0, 0, 0])],
    ['application/msword', 'data', bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
    ['application/vnd.openxmlformats-officedocument', 'data', bytes('PK', [3, 4], Array(22).fill(0), [19, 0, 0, 0], '[Content_Types].xml')],
    [
      'application/vnd.oasis.opendocument',
      'data',
      bytes('PK', [3, 4], Array(26).fill(0), 'mimetypeapplication/vnd.oasis.opendocument.text'),
    ],
    ['application/rtf', 'data', bytes('{\\rtf1\\ansi')],
    ['application/gzip', 'data', bytes([0x1f, 0x8b, 8, 0])],
    ['image/svg+xml', 'image', utf8('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['image/svg+xml', 'image', utf8('<?xml version="1.0"?>\n<!-- drawn --><!DOCTYPE svg PUBLIC "x">\n<svg>')],
    ['image/svg+xml', 'image', utf8('\uFEFF<svg>')],
    ['text/plain; charset=utf-8', 'text', utf8('Prezado senhor,\n\ttambém\f')],
    ['text/plain; charset=utf-8', 'text', utf8('\uFEFFwith a mark')],
    ['text/plain; charset=utf-8', 'text', utf8('[sic] he wrote')],
    ['text/plain; charset=utf-8', 'text', utf8('{unfinished')],
    ['application/json', 'data', utf8(' {"a": [1, 2]}')],
    ['application/json', 'data', utf8('\uFEFF[1, 2]')],
    ['application/vnd.imagedoc.layout+json', 'layout', utf8('{"schemaVersion":1,"width":1,"height":1,"density":null,"blocks":[]}')],
  ])('finds %s', (mediaType, kind, head) => {
    expect(sniff(head)).toEqual({ mediaType, kind })
  })

  it('finds a PDF behind rubbish, but not behind more than 1024 bytes of it', () => {
    expect(typeOf(bytes([0, 1, 2], '%PDF-1.4'))).toBe('application/pdf')
    expect(typeOf(bytes(Array(1500).fill(0), '%PDF-1.4'))).toBeUndefined()
  })

  it('takes a file that is two things for what it begins with', () => {
    expect(typeOf(bytes([0xff, 0xd8, 0xff, 0xe0], '%PDF-1.4'))).toBe('image/jpeg')
    expect(typeOf(bytes('GIF89a', '<svg>%PDF-'))).toBe('image/gif')
    expect(typeOf(bytes('%PDF-1.4', 'PK', [3, 4]))).toBe('application/pdf')
    expect(typeOf(bytes('%!PS-Adobe-3.0 PDF-1.4\n%PDF-1.4'))).toBe('application/pdf')
    expect(typeOf(bytes([0, 0, 1, 0, 1, 0, 16, 16, 0, 0], '%PDF-1.4'))).toBe('application/pdf')
  })

  it('does not know what is too short, empty or binary', () => {
    for (const head of [[], [0xff, 0xd8], [0x89, 0x50, 0x4e], [0, 0, 0, 0], [0xc3, 0x28], [0xff, 0xfe, 0x41, 0x00]]) {
      expect(typeOf(bytes(head))).toBeUndefined()
    }
    expect(typeOf(bytes('RIFF', [1, 2, 3, 4], 'WAVE'))).toBeUndefined()
    expect(typeOf(bytes('text', [0], 'with a null'))).toBeUndefined()
  })

  it('minds no letter that the end of the head cuts in two', () => {
    const head = utf8('é'.repeat(SNIFF_BYTES)).subarray(0, 101)
    expect(typeOf(head)).toBe('text/plain; charset=utf-8')
  })

  it('decides by the beginning where the head is not the whole file', () => {
    const long = (start: string): Uint8Array => utf8(start.padEnd(SNIFF_BYTES, ' and so on')).subarray(0, SNIFF_BYTES)
    expect(typeOf(long('{"a": "'))).toBe('application/json')
    expect(typeOf(long('[1, 2,'))).toBe('application/json')
    expect(typeOf(long('[1] A footnote'))).toBe('application/json')
    expect(typeOf(long('[illegible] A letter'))).toBe('text/plain; charset=utf-8')
  })

  it('pays no heed to how long a run of comments is', () => {
    const started = performance.now()
    sniff(utf8('<!--'.repeat(1000)))
    sniff(utf8(' '.repeat(SNIFF_BYTES)))
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('a type in words', () => {
  it('says what a file is and what to do, for all that is known and not taken', () => {
    const { what, remedy } = typeInWords('image/heic')
    expect([what, remedy]).toEqual([
      'a HEIC or HEIF image (image/heic), which is not read',
      'Its decoders are under the LGPL and are not shipped. Convert it to PNG or TIFF first.',
    ])
    expect(typeInWords('application/json')).toEqual({ what: 'application/json, which is not read', remedy: undefined })
    expect(typeInWords(undefined)).toEqual({ what: 'of no type that is known', remedy: undefined })
  })
})

describe('names', () => {
  it('ask for a media type by their ending', () => {
    expect(mediaTypeOfName('page.JPG')).toBe('image/jpeg')
    expect(mediaTypeOfName('a.b.tiff')).toBe('image/tiff')
    expect(mediaTypeOfName('page')).toBeUndefined()
    expect(mediaTypeOfName('page.xyz')).toBeUndefined()
    for (const type of ['image/jpeg', 'image/png', 'image/webp', 'image/tiff', 'application/pdf'])
      expect(mediaTypeOfName(`x.${extensionOf(type)}`)).toBe(type)
    expect(extensionOf('image/unknown')).toBeUndefined()
  })
})
