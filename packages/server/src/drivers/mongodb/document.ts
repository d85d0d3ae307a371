import { types } from 'node:util'
import { ImageDocError, type Stored } from '@imagedoc/core'
import type { Document, ObjectId } from 'mongodb'

/** Makes the driver's ids, so that this module loads without the driver. */
export type MakeId = (hex: string) => ObjectId

// What a document holds beside its row begins with these.

/** Keys that indexes order by; behind it stands the path of the field. */
export const SORT = '_sort/'

/** What unique indexes compare; behind it stands the name of the index. */
export const UNIQUE = '_unique/'

/** Which derived members a row was written with. */
export const SHAPE = '_shape'

const DERIVED = /^_(?:(?:sort|unique)\/|shape$)/

export function isDerived(member: string): boolean {
  return DERIVED.test(member)
}

/** A row and what was derived from it. */
export interface StoredDocument extends Document {
  _id: string | ObjectId
}

const HEX_ID = /^[0-9a-f]{24}$/

/**
 * A row's name in the database: 24 hex digits are an ObjectId.
 * @throws USAGE for anything but text: in a filter an object would be a condition
 */
export function storedId(id: string, makeId: MakeId): string | ObjectId {
  if (typeof id !== 'string') throw new ImageDocError('USAGE', 'The `_id` of a row is a text.')
  return HEX_ID.test(id) ? makeId(id) : id
}

/** A checked row as MongoDB keeps it: ids and references to ids (members that end in `_id`) as ObjectId, dates as dates, everything else as it is. */
export function documentOf(row: Stored, makeId: MakeId): Document {
  return members(row, makeId)
}

/** The row of a document, without what was derived from it. */
export function rowOf<Row extends Stored>(document: Document): Row {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([key]) => !isDerived(key))
      .map(([key, value]) => [plainKey(key), decoded(value)]),
  ) as unknown as Row
}

function members(object: object, makeId: MakeId): Document {
  const kept = Object.entries(object).filter(([, value]) => value !== undefined)
  // Not by assignment: a key `__proto__` would become the prototype.
  return Object.fromEntries(kept.map(([key, value]) => [escapedKey(key), encoded(key, value, makeId)]))
}

function encoded(key: string, value: unknown, makeId: MakeId): unknown {
  if (typeof value === 'string') return key.endsWith('_id') ? storedId(value, makeId) : value
  // JSON has one zero.
  if (value === 0) return 0
  if (typeof value !== 'object' || value === null || types.isDate(value)) return value
  if (Array.isArray(value)) return value.map((item) => encoded('', item, makeId))
  return members(value, makeId)
}

function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || types.isDate(value)) return value
  if (Array.isArray(value)) return value.map(decoded)
  if (isObjectId(value)) return value.toHexString()
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [plainKey(key), decoded(member)]))
}

/** No row has this key: it is escaped. */
function isObjectId(value: object): value is ObjectId {
  return (value as { _bsontype?: unknown })._bsontype === 'ObjectId'
}

/**
 * A key that any server of this protocol takes, and that no part of the driver takes for its own: without dots, without `$` in front, no
 * `_bsontype`, and none of the members that this driver adds. Ordinary keys stay as they are.
 */
export function escapedKey(key: string): string {
  return key
    .replace(/[~.]/g, (character) => (character === '~' ? '~0' : '~1'))
    .replace(/^\$/, '~2')
    .replace(/^_(?=(?:bsontype|shape)$|(?:sort|unique)\/)/, '~3')
}

const ESCAPED = ['~', '.', '$', '_']

function plainKey(key: string): string {
  return key.includes('~') ? key.replace(/~([0-3])/g, (_, digit) => ESCAPED[Number(digit)]!) : key
}
