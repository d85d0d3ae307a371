import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultLimits, type Properties } from '@imagedoc/core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageCodec } from '../../src/codec/codec.ts'
import { readExif } from '../../src/codec/metadata/exif.ts'
import { fraction } from '../../src/codec/metadata/exif-writer.ts'
import { type ChunkContent, contentsOf, writePng } from '../../src/codec/png/chunks.ts'
import { textChunk } from '../../src/codec/png/texts.ts'
import { encode } from '../../src/operations/encode.ts'
import { contextOf } from '../call.ts'
import { paint } from '../pages.ts'

const formats = ['jpeg', 'png', 'webp', 'tiff'] as const
const page = paint(40, 30, (x, y) => [x * 6, y * 8, 90])
const decode = (bytes: Uint8Array, at = 0) =>
  imageCodec.decode(bytes, { page: at, limits: defaultLimits, signal: new AbortController().signal })
const write = (format: string, properties: Properties = {}, density: number | null = 300) =>
  imageCodec.encode({ ...page, density }, { mediaType: `image/${format}`, properties })

/**
 * Written by exiftool 12.57 (big-endian): -IFD0:Artist='José 東京' -IFD0:Copyright='© Archive 1899' -IFD0:XPTitle='Ελλάδα'
 * -IFD0:ModifyDate='1899:12:31 23:59:59' -ExifIFD:UserComment='Лисабон' -ExifIFD:ExposureCompensation=-0.66 -ExifIFD:SubSecTimeOriginal=07
 * -ExifIFD:OffsetTimeOriginal=-03:00 -GPS:GPSAltitude=12.5 -GPS:GPSAltitudeRef=1 -GPS:GPSLatitude=38.5 -GPS:GPSLatitudeRef=S
 */
const block = Buffer.from(
  'RXhpZgAATU0AKgAAAAgACgEaAAUAAAABAAAAhgEbAAUAAAABAAAAjgEoAAMAAAABAAEAAAEyAAIAAAAUAAAAlgE7AAIAAAANAAAAqgITAAMAAAABAAEAAIKYAAIAAAAQAAAAuIdpAAQAAAABAAAA1oglAAQAAAABAAABYpybAAEAAAAOAAAAyAAAAAAAAAABAAAAAQAAAAEAAAABMTg5OToxMjozMSAyMzo1OTo1OQBKb3PDqSDmnbHkuqwAAMKpIEFyY2hpdmUgMTg5OQCVA7sDuwOsA7QDsQMAAAAIkAAABwAAAAQwMjMykBEAAgAAAAcAAAE8kQEABwAAAAQBAgMAkgQACgAAAAEAAAFEkoYABwAAABYAAAFMkpEAAgAAAAMwNwAAoAAABwAAAAQwMTAwoAEAAwAAAAH//wAAAAAAAC0wMzowMAAA////3wAAADJVTklDT0RFAAQbBDgEQQQwBDEEPgQ9AAUAAAABAAAABAIDAAAAAQACAAAAAlMAAAAAAgAFAAAAAwAAAaQABQABAAAAAQEAAAAABgAFAAAAAQAAAbwAAAAAAAAAJgAAAAEAAAAeAAAAAQAAAAAAAAABAAAAGQAAAAI=',
  'base64',
)
const fields = {
  IFD0: { DateTime: '1899:12:31 23:59:59', Artist: 'José 東京', Copyright: '© Archive 1899', XPTitle: 'Ελλάδα' },
  IFD2: { OffsetTimeOriginal: '-03:00', ExposureBiasValue: '-33/50', UserComment: 'Лисабон', SubSecTimeOriginal: '07' },
  IFD3: { GPSVersionID: '2 3 0 0', GPSLatitudeRef: 'S', GPSLatitude: '38/1 30/1 0/1', GPSAltitudeRef: '1', GPSAltitude: '25/2' },
}

const skipTool: false | string =
  spawnSync('exiftool', ['-ver']).error === undefined || process.env.IMAGEDOC_REQUIRE_DRIVERS === '1' ? false : 'exiftool is not installed'

/** What exiftool finds in a file, as it is stored. */
function exiftool(file: Uint8Array, ...tags: string[]): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'imagedoc-image-'))
  try {
    const path = join(folder, 'file')
    writeFileSync(path, file)
    const out = execFileSync('exiftool', ['-j', '-n', '-G1', ...tags.map((tag) => `-${tag}`), path], { encoding: 'utf8' })
    const { SourceFile: _path, ...found } = JSON.parse(out)[0]
    return found
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('EXIF', () => {
  it('is read as exiftool wrote it: signs, letters of any script, fractions below zero', () => {
    expect(readExif(block)).toEqual({ fields, dropped: [] })
  })
  it.each(formats)('is the same in a %s file, and once more when that is read', async (format) => {
    const properties = { exif: fields, xmp: '<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>東</a></x:xmpmeta>' }
    expect((await decode(await write(format, properties))).properties).toEqual(properties)
  })
  it.skipIf(skipTool)('is what exiftool reads in every format', async () => {
    for (const format of formats) {
      const found = exiftool(await write(format, { exif: fields }), 'GPS:all', 'IFD0:Artist', 'ExifIFD:all', 'IFD0:XPTitle')
      expect(found).toMatchObject({
        'GPS:GPSAltitudeRef': 1,
        'GPS:GPSAltitude': 12.5,
        'GPS:GPSLatitudeRef': 'S',
        'GPS:GPSLatitude': 38.5,
        'IFD0:Artist': 'José 東京',
        'IFD0:XPTitle': 'Ελλάδα',
        'ExifIFD:UserComment': 'Лисабон',
        'ExifIFD:ExposureCompensation': -0.66,
        'ExifIFD:SubSecTimeOriginal': '07',
        'ExifIFD:OffsetTimeOriginal': '-03:00',
      })
    }
  })
  it('of damaged blocks gives what can be read', () => {
    for (let length = 0; length < block.length; length += 7) expect(() => readExif(block.subarray(0, length))).not.toThrow()
    expect(readExif(block.subarray(0, 0xc0 + 6)).fields.IFD0).toMatchObject({ Artist: 'José 東京' })
  })
  it('that is too long for a JPEG is shortened, and what went is named', async () => {
    const properties = {
      exif: { IFD0: { Artist: 'Ann', ImageDescription: 'x'.repeat(40_000) }, IFD2: { UserComment: 'y'.repeat(30_000) } },
    }
    const context = contextOf({ properties })
    const run = (format: string) => encode.run({ input: page, params: encode.params.parse({ format }), context: context as never })
    const { output, diagnostics } = await run('jpeg')
    expect((await decode(output.bytes)).properties).toEqual({ exif: { IFD0: { Artist: 'Ann' }, IFD2: properties.exif.IFD2 } })
    expect(diagnostics).toMatchObject([{ code: 'PROPERTIES_DROPPED', details: { names: ['ImageDescription'], format: 'jpeg' } }])
    expect((await run('png')).diagnostics).toEqual([])
  })
})

describe('XMP', () => {
  const long = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${'<a>b</a>'.repeat(20_000)}</x:xmpmeta>`
  it.each(formats)('of any length is kept in %s', async (format) => {
    expect((await decode(await write(format, { xmp: long }))).properties).toEqual({ xmp: long })
  })
  it('loses what it says of the pixels, which are others now', async () => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6" dc:a='1' tiff:ImageWidth='300'><tiff:BitsPerSample><rdf:Seq><rdf:li>8</rdf:li></rdf:Seq></tiff:BitsPerSample><exif:PixelXDimension>9</exif:PixelXDimension><dc:b>2</dc:b></rdf:Description></rdf:RDF></x:xmpmeta>`
    expect((await decode(await write('png', { xmp }))).properties.xmp).toBe(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:a='1'><dc:b>2</dc:b></rdf:Description></rdf:RDF></x:xmpmeta>`,
    )
  })
})

describe('texts of a PNG', () => {
  const texts = { Author: 'Ann', 'Creation Time': 'Sun, 6 Nov 1994 08:49:37 GMT', Disclaimer: 'none', Comment: 'a note' }
  const withTexts = async () => {
    const [head, ...rest] = contentsOf(await write('png'))
    const latin: ChunkContent = ['tEXt', Buffer.from('Title\0Caf\xe9', 'latin1')]
    const added = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text))
    return writePng([...(head ? [head] : []), latin, ...added, ...rest])
  }
  it('are kept in PNG, go to their EXIF fields elsewhere, and are named where there is none', async () => {
    const { properties } = await decode(await withTexts())
    expect(properties).toEqual({ texts: { Title: 'Café', ...texts } })
    expect((await decode(await write('png', properties))).properties).toEqual(properties)
    const run = (format: string) =>
      encode.run({ input: page, params: encode.params.parse({ format }), context: contextOf({ properties }) as never })
    const { output, diagnostics } = await run('tiff')
    expect((await decode(output.bytes)).properties.exif).toEqual({
      IFD0: { DocumentName: 'Café', Artist: 'Ann' },
      IFD2: { DateTimeOriginal: '1994:11:06 08:49:37', UserComment: 'a note' },
    })
    expect(diagnostics).toMatchObject([{ details: { names: ['Disclaimer'] } }])
    expect((await decode((await run('jpeg')).output.bytes)).properties.texts).toEqual({ Comment: 'a note' })
  })
})

describe('density', () => {
  const tags = ['XResolution', 'ResolutionUnit', 'PixelsPerUnitX', 'PixelUnits']
  it.skipIf(skipTool)('that is unknown is written as none', async () => {
    const none = { jpeg: { 'JFIF:XResolution': 1, 'JFIF:ResolutionUnit': 0 }, png: {}, webp: {}, tiff: {} }
    for (const format of formats) expect(exiftool(await write(format, {}, null), ...tags)).toEqual(none[format])
    const besides = { ...none, jpeg: { ...none.jpeg, 'IFD0:XResolution': 1, 'IFD0:ResolutionUnit': 1 } }
    for (const format of ['jpeg', 'tiff'] as const) {
      const found = exiftool(await write(format, { exif: fields }, null), ...tags.slice(0, 2), 'JFIF:all')
      expect(found).toMatchObject(besides[format])
    }
  })
  it.skipIf(skipTool)('that is known is exact, fractions too', async () => {
    expect(exiftool(await write('tiff', {}, 72.5), ...tags)).toEqual({ 'IFD0:XResolution': 72.5, 'IFD0:ResolutionUnit': 2 })
    expect(exiftool(await write('webp', {}, 203.2), ...tags)).toEqual({ 'IFD0:XResolution': 203.2, 'IFD0:ResolutionUnit': 2 })
    // 80 dots per centimetre
    expect(exiftool(await write('jpeg', {}, 203.2), ...tags)).toEqual({ 'JFIF:XResolution': 80, 'JFIF:ResolutionUnit': 2 })
    expect(exiftool(await write('jpeg', {}, 72.5), 'IFD0:XResolution')).toEqual({ 'IFD0:XResolution': 72.5 })
    expect(exiftool(await write('png', {}, 203.2), ...tags)).toEqual({ 'PNG-pHYs:PixelsPerUnitX': 8000, 'PNG-pHYs:PixelUnits': 1 })
  })
  it('is a fraction of small numbers where it can be', () => {
    expect([72.5, 300, 203.2, 98.25, 1 / 3].map(fraction)).toEqual([
      [145, 2],
      [300, 1],
      [1016, 5],
      [393, 4],
      [1, 3],
    ])
  })
})

describe('files with tags', () => {
  it.each(formats)('show the same pixels as without, in %s', async (format) => {
    const clear = paint(33, 20, (x, y) => [x * 7, y * 9, 50, (x * y) % 256])
    const bilevel = paint(67, 21, (x, y) => ((x >> 1) + y) % 2 && 255)
    for (const pixels of [page, clear, bilevel]) {
      const to = (properties: Properties) => imageCodec.encode(pixels, { mediaType: `image/${format}`, properties })
      const [plain, tagged] = await Promise.all([to({}), to({ exif: fields, xmp: '<x/>', texts: { Comment: 'x' } })])
      const [one, other] = await Promise.all([plain, tagged].map((file) => sharp(file).raw().toBuffer()))
      expect(Buffer.compare(one as Buffer, other as Buffer)).toBe(0)
    }
  })
})
