import type { Properties } from '@imagedoc/core'
import type { Metadata } from 'sharp'
import type { ByteSource } from '../byte-source.ts'
import { headerSegments, marker } from '../jpeg/markers.ts'
import { extendedXmp } from '../jpeg/xmp.ts'
import { contentOf, readChunks } from '../png/chunks.ts'
import { parseText } from '../png/texts.ts'
import { type ExifFields, type ReadExif, readExif, readText, readTiffExif } from './exif.ts'
import { COMMENT_KEYWORD } from './file-tags.ts'
import { iccName } from './icc.ts'

/** A longer text is no note on a picture. */
const LONGEST_TEXT = 60_000
/** Of PNG's keywords: XMP is read apart, and what ImageMagick repeats of the file itself is nothing that was said about the picture. */
const notTexts = /^(XML:com\.adobe\.xmp|Raw profile type .*|date:.*|exif:.*|png:.*|icc:.*|signature)$/

/**
 * What is kept of page `page` of a file beside its pixels: `exif` fields by directory, `texts` by PNG keyword, `xmp` as it stands, the name
 * of the `icc` profile it was converted from; `dropped` names what is there but cannot be carried over.
 */
export function readProperties(file: ByteSource, header: Metadata, page = 0): Properties {
  const read = exifOf(file, header, page)
  const texts = textsOf(file, header)
  const packet = header.xmp ? new TextDecoder().decode(header.xmp) : undefined
  const extended = packet?.includes('HasExtendedXMP') ? extendedXmp(file) : undefined
  const icc = header.icc ? iccName(header.icc) : undefined
  const dropped = new Set([...read.dropped, ...texts.dropped, ...(header.iptc ? ['IPTC'] : [])])
  return {
    ...(Object.keys(read.fields).length > 0 ? { exif: read.fields } : {}),
    ...(Object.keys(texts.kept).length > 0 ? { texts: texts.kept } : {}),
    ...(packet ? { xmp: extended ?? packet } : {}),
    ...(icc ? { icc } : {}),
    ...(dropped.size > 0 ? { dropped: [...dropped].sort() } : {}),
  }
}

function exifOf(file: ByteSource, header: Metadata, page: number): ReadExif {
  if (header.format === 'tiff') return readTiffExif(file.read(0, file.size), page)
  const block = header.exif ?? (header.format === 'png' ? rawProfile(file) : undefined)
  return block ? readExif(block) : { fields: {} satisfies ExifFields, dropped: [] }
}

function textsOf(file: ByteSource, header: Metadata): { kept: Record<string, string>; dropped: string[] } {
  const kept: Record<string, string> = {}
  const dropped: string[] = []
  for (const { keyword, text } of header.format === 'png' ? pngTexts(file) : header.format === 'jpeg' ? jpegComments(file) : []) {
    if (notTexts.test(keyword) || text === '') continue
    if (text.length > LONGEST_TEXT) dropped.push(keyword)
    else kept[keyword] = kept[keyword] === undefined ? text : `${kept[keyword]}\n${text}`
  }
  return { kept, dropped }
}

function* pngTexts(file: ByteSource): Generator<{ keyword: string; text: string }> {
  for (const chunk of readChunks(file).chunks) {
    const found = chunk.type === 'IDAT' || !chunk.whole ? undefined : parseText({ type: chunk.type, data: contentOf(file, chunk) })
    if (found) yield found
  }
}

function* jpegComments(file: ByteSource): Generator<{ keyword: string; text: string }> {
  for (const { marker: code, start, end } of headerSegments(file))
    if (code === marker.com) yield { keyword: COMMENT_KEYWORD, text: readText(file.read(start, end)).replace(/\0+$/, '') }
}

/** ImageMagick's way before eXIf: the block as hexadecimal digits behind its name and length. */
function rawProfile(file: ByteSource): Uint8Array | undefined {
  for (const { keyword, text } of pngTexts(file)) {
    if (!/^Raw profile type (exif|APP1)$/i.test(keyword)) continue
    const [, , , ...digits] = text.split('\n')
    return Buffer.from(digits.join(''), 'hex')
  }
  return undefined
}
