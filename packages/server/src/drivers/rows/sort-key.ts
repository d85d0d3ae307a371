import type { IndexValue } from '@imagedoc/core'
import { typeOf, type ValueType } from './checked-query.ts'

/** Raised when the bytes of a value change: then every index is made again. */
export const SORT_KEY_VERSION = 1

/** The first byte of a value: types come in this order, which is MongoDB's. */
const NULL = 0x05
const TAGS: Readonly<Record<ValueType, number>> = { number: 0x10, string: 0x20, boolean: 0x30, date: 0x40 }

/**
 * Values as bytes that compare as the values do, one value after another: a key that begins with fewer values is a prefix.
 * Each encoding ends by itself, so that no value runs into the next.
 */
export function sortKey(values: readonly IndexValue[]): Buffer {
  return Buffer.concat(values.flatMap(pieces))
}

function pieces(value: IndexValue): Buffer[] {
  const type = typeOf(value)
  if (type === undefined) return [Buffer.from([NULL])]
  const tag = Buffer.from([TAGS[type]])
  if (type === 'string') return [tag, textBytes(value as string), Buffer.from([0, 1])]
  if (type === 'boolean') return [tag, Buffer.from([value ? 1 : 0])]
  return [tag, numberBytes(Number(value))]
}

/** IEEE 754 with the sign turned round, and negative numbers wholly, so that bytes compare as numbers. */
function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  // -0 equals 0.
  bytes.writeDoubleBE(value + 0)
  if (bytes[0]! & 0x80) for (let i = 0; i < 8; i++) bytes[i]! ^= 0xff
  else bytes[0]! ^= 0x80
  return bytes
}

/**
 * UTF-8 of every UTF-16 code unit by itself (CESU-8): UTF-8 of whole characters would put those beyond U+FFFF behind U+E000 to U+FFFF.
 * A NUL is followed by 0xff, because 0 and 1 end the text.
 */
function textBytes(text: string): Buffer {
  if (!/[\0\ud800-\udfff]/.test(text)) return Buffer.from(text, 'utf8')
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0) bytes.push(0, 0xff)
    else if (unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}
