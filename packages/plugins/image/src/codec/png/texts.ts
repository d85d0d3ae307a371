import { inflateSync } from 'node:zlib'
import type { ChunkContent } from './chunks.ts'

/** Longer texts are not unpacked: some bytes can hold a thousand times as many. */
const LONGEST_TEXT = 16 * 1024 ** 2

/** Keyword and text of a tEXt, zTXt or iTXt chunk (PNG third edition, 11.3.3); undefined when it cannot be read. */
export function parseText({ type, data }: { type: string; data: Uint8Array }): { keyword: string; text: string } | undefined {
  const [keyword, rest] = splitAtZero(data)
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
export function textChunk(keyword: string, text: string): ChunkContent {
  return ['iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')])]
}

function splitAtZero(bytes: Uint8Array): readonly [Uint8Array, Uint8Array | undefined] {
  const zero = bytes.indexOf(0)
  return zero < 0 ? [bytes, undefined] : [bytes.subarray(0, zero), bytes.subarray(zero + 1)]
}

const latin1 = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)
