import type { IndexValue } from '@imagedoc/core'
import { typeOf } from '../rows/checked-query.ts'
import { sortKey } from '../rows/sort-key.ts'

/** Raised when the text of a value changes: then every row is written again. */
export const KEY_VERSION = 1

/** Before every key. */
export const FIRST_KEY = ''

/** Types come in MongoDB's own order. */
const NULL = '0'
const TAGS = { number: '1', string: '2', boolean: '3', date: '4' }

/**
 * A value as text that MongoDB, which compares text by its UTF-8 bytes, orders as the port wants it. It is always text, so that no query
 * has to think of types, of what is null and of what is missing.
 */
export function keyOf(value: IndexValue): string {
  const type = typeOf(value)
  if (type === undefined) return NULL
  if (type === 'string') return TAGS.string + textKey(value as string)
  if (type === 'boolean') return TAGS.boolean + (value ? '1' : '0')
  return TAGS[type] + sortKey([value]).toString('hex', 1)
}

/** Characters from U+E000 on change places, so that those beyond U+FFFF come first, as their UTF-16 code units do; other text stays as it is. */
export function textKey(text: string): string {
  return /[\ud800-\uffff]/.test(text) ? Array.from(text, movedCharacter).join('') : text
}

const ASTRAL = 0x10000
const PRIVATE = 0xe000

function movedCharacter(character: string): string {
  const code = character.codePointAt(0)!
  if (code < PRIVATE) return character
  // Counted from the first one of those that change places, in their new order.
  const place = code >= ASTRAL ? code - ASTRAL : 0x110000 - ASTRAL + (code - PRIVATE)
  const room = ASTRAL - PRIVATE
  return String.fromCodePoint(place < room ? PRIVATE + place : ASTRAL + (place - room))
}

/** As MongoDB compares them. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
