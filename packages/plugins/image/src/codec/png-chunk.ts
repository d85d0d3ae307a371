import { crc32, inflateSync } from 'node:zlib'

/** The first eight bytes of a PNG. */
export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** A chunk with its length and checksum. */
export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + content.length)
  out.writeUInt32BE(content.length, 0)
  out.write(type, 4, 'latin1')
  out.set(content, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length)
  return out
}

/** The chunks of a PNG: type, content, and the whole of it. Ends where the file does. */
export function* pngChunks(file: Uint8Array): Generator<{ type: string; content: Uint8Array; whole: Uint8Array }> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  for (let at = pngSignature.length; at + 12 <= file.length; ) {
    const end = at + 12 + view.getUint32(at)
    if (end > file.length) return
    const type = Buffer.from(file.subarray(at + 4, at + 8)).toString('latin1')
    yield { type, content: file.subarray(at + 8, end - 4), whole: file.subarray(at, end) }
    at = end
  }
}

/** Longer texts are not unpacked: some bytes can hold a thousand times as many. */
const LONGEST_TEXT = 16 * 1024 ** 2

/** Keyword and text of a tEXt, zTXt or iTXt chunk (PNG third edition, 11.3.3); undefined when it cannot be read. */
export function pngText(type: string, content: Uint8Array): { keyword: string; text: string } | undefined {
  const [keyword, rest] = splitAtZero(content)
  if (rest === undefined) return undefined
  const name = latin1(keyword)
  if (type === 'tEXt') return { keyword: name, text: latin1(rest) }
  const unpack = (bytes: Uint8Array): Uint8Array => inflateSync(bytes, { maxOutputLength: LONGEST_TEXT })
  try {
    if (type === 'zTXt') return { keyword: name, text: latin1(unpack(rest.subarray(1))) }
    // iTXt: a flag and a method, then language and translated keyword, each with its zero.
    const body = splitAtZero(splitAtZero(rest.subarray(2))[1] ?? rest.subarray(rest.length))[1]
    if (type !== 'iTXt' || body === undefined) return undefined
    return { keyword: name, text: new TextDecoder().decode(rest[0] === 1 ? unpack(body) : body) }
  } catch {
    return undefined
  }
}

/** An iTXt chunk, not compressed. */
export function pngTextChunk(keyword: string, text: string): Uint8Array {
  return pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]))
}

function splitAtZero(bytes: Uint8Array): readonly [Uint8Array, Uint8Array | undefined] {
  const zero = bytes.indexOf(0)
  return zero < 0 ? [bytes, undefined] : [bytes.subarray(0, zero), bytes.subarray(zero + 1)]
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)
