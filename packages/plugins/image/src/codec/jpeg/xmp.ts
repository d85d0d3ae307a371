import { createHash } from 'node:crypto'
import type { ByteSource } from '../byte-source.ts'
import { startsWith } from '../metadata/exif.ts'
import { headerSegments, marker, SEGMENT_BYTES, writeSegment } from './markers.ts'

const PLAIN = 'http://ns.adobe.com/xap/1.0/\0'
const EXTENDED = 'http://ns.adobe.com/xmp/extension/\0'
/** Digest, full length and offset stand before each part. */
const EXTENDED_HEAD = EXTENDED.length + 32 + 8
const PART_BYTES = 65_000

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8')

/**
 * The segments of an XMP packet. What is too long for one segment goes into several as extended XMP, and the first then only names it.
 * @see Adobe, XMP specification part 3 (2020), 1.1.3.1
 */
export function xmpSegments(xmp: string): Uint8Array[] {
  const packet = bytesOf(xmp)
  if (PLAIN.length + packet.length <= SEGMENT_BYTES) return [writeSegment(marker.app1, bytesOf(PLAIN), packet)]
  const digest = createHash('md5').update(packet).digest('hex').toUpperCase()
  const pointer = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="${digest}"/></rdf:RDF></x:xmpmeta>`
  const parts = [writeSegment(marker.app1, bytesOf(PLAIN), bytesOf(pointer))]
  for (let at = 0; at < packet.length; at += PART_BYTES) {
    const place = Buffer.alloc(8)
    place.writeUInt32BE(packet.length, 0)
    place.writeUInt32BE(at, 4)
    parts.push(writeSegment(marker.app1, bytesOf(EXTENDED + digest), place, packet.subarray(at, at + PART_BYTES)))
  }
  return parts
}

/** Extended XMP of a JPEG, when all its parts are there. */
export function extendedXmp(file: ByteSource): string | undefined {
  let packet: Buffer | undefined
  let filled = 0
  for (const { marker: code, start, end } of headerSegments(file)) {
    if (code !== marker.app1) continue
    const content = file.read(start, end)
    if (!startsWith(content, EXTENDED) || content.length < EXTENDED_HEAD) continue
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
    const length = view.getUint32(EXTENDED_HEAD - 8)
    const part = content.subarray(EXTENDED_HEAD)
    const at = view.getUint32(EXTENDED_HEAD - 4)
    if (length > file.size || at + part.length > length) return undefined
    packet ??= Buffer.alloc(length)
    if (packet.length !== length) return undefined
    packet.set(part, at)
    filled += part.length
  }
  return packet !== undefined && filled === packet.length ? packet.toString('utf8') : undefined
}
