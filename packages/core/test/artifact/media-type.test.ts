import { describe, expect, it } from 'vitest'
import { extensionOf, mediaTypeOfName, SNIFF_BYTES, sniff } from '../../src/index.ts'

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
