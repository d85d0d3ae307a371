import { inMemory } from '../byte-source.ts'
import { writeExif } from '../metadata/exif-writer.ts'
import type { FileTags } from '../metadata/file-tags.ts'
import { readRiff } from './chunks.ts'

const HEADER = 12
const ICC = 0x20
const ALPHA = 0x10
const EXIF = 0x08
const XMP = 0x04

/** Puts EXIF (with the density, which WebP has no other place for) and XMP into a WebP. @see RFC 9649, 2.7 */
export function tagWebp(file: Uint8Array, { exif, xmp, density }: FileTags): Uint8Array {
  const block = writeExif(exif, density)
  const chunks = chunksOf(file).filter(({ type }) => type !== 'EXIF' && type !== 'XMP ')
  if (block === undefined && xmp === undefined) return riff(chunks.map(({ whole }) => whole))
  const has = (type: string): boolean => chunks.some((chunk) => chunk.type === type)
  const extended = chunks.find(({ type }) => type === 'VP8X')
  const described = extended ? describedBy(extended.content) : shape(chunks)
  described[0] =
    ((described[0] as number) & ALPHA) |
    (has('ICCP') ? ICC : 0) |
    (has('ALPH') ? ALPHA : 0) |
    (block ? EXIF : 0) |
    (xmp === undefined ? 0 : XMP)
  return riff([
    chunk('VP8X', described),
    ...chunks.filter(({ type }) => type !== 'VP8X').map(({ whole }) => whole),
    ...(block ? [chunk('EXIF', block)] : []),
    ...(xmp === undefined ? [] : [chunk('XMP ', Buffer.from(xmp, 'utf8'))]),
  ])
}

interface Chunk {
  type: string
  content: Uint8Array
  whole: Uint8Array
}

function chunksOf(file: Uint8Array): Chunk[] {
  return [...readRiff(inMemory(file))].map(({ type, at, start, end }) => ({
    type,
    content: file.subarray(start, end),
    whole: file.subarray(at, end + (end % 2)),
  }))
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const head = Buffer.alloc(8)
  head.write(type, 0, 'latin1')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content, new Uint8Array(content.length % 2)])
}

function riff(chunks: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(chunks)
  const head = Buffer.alloc(HEADER)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(body.length + 4, 4)
  head.write('WEBP', 8, 'latin1')
  return Buffer.concat([head, body])
}

const describedBy = (content: Uint8Array): Uint8Array => Uint8Array.from(content.subarray(0, 10))

/** The content of a VP8X chunk for a picture that has none: flags, and both sides less one in three bytes each. */
function shape(chunks: readonly Chunk[]): Uint8Array {
  const out = Buffer.alloc(10)
  const lossless = chunks.find(({ type }) => type === 'VP8L')?.content
  const lossy = chunks.find(({ type }) => type === 'VP8 ')?.content
  if (lossless) {
    // RFC 9649, 3.4: a signature byte, then 14 bits each, then one for alpha.
    const bits = new DataView(lossless.buffer, lossless.byteOffset).getUint32(1, true)
    out.writeUIntLE(bits & 0x3fff, 4, 3)
    out.writeUIntLE((bits >>> 14) & 0x3fff, 7, 3)
    out[0] = (bits >>> 28) & 1 ? ALPHA : 0
  } else if (lossy) {
    // RFC 6386, 9.1: three bytes of frame tag, three of start code, then 14 bits each.
    const view = new DataView(lossy.buffer, lossy.byteOffset)
    out.writeUIntLE((view.getUint16(6, true) & 0x3fff) - 1, 4, 3)
    out.writeUIntLE((view.getUint16(8, true) & 0x3fff) - 1, 7, 3)
  }
  return out
}
