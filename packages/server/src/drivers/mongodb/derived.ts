import type { IndexValue, Stored } from '@imagedoc/core'
import type { Document } from 'mongodb'
import { type Column, combinationsOf, indexColumns } from '../rows/index-columns.ts'
import { SHAPE, UNIQUE } from './document.ts'
import { ID_KEY, type IndexLayout, pathsOf, type TableLayout } from './layout.ts'
import { FIRST_KEY, keyOf, textKey } from './sort-key.ts'

/**
 * What indexes need to know of a row: the keys that they order by, and the values of its unique indexes. Where a field leads through an array there
 * is a list of the different items; where that is empty there is nothing, and the row is not in the index.
 * @throws USAGE for a row that cannot be put in order
 */
export function derivedMembers(table: TableLayout, row: Stored): Document {
  if (table.indexes.size === 0) return {}
  const members = new Map<string, string | string[]>([[ID_KEY, textKey(row._id)]])
  for (const index of table.indexes.values()) {
    const columns = indexColumns(index, row)
    if (columns.some(({ values }) => values.length === 0)) continue
    for (const [i, { values }] of columns.entries()) members.set(index.keys[i]!, oneOrMore(values.map(keyOf)))
    const compared = index.unique ? comparedValues(columns) : []
    if (compared.length > 0) members.set(UNIQUE + index.name, oneOrMore(compared))
  }
  return { ...Object.fromEntries(members), [SHAPE]: table.shape }
}

/** Of a row with a null in a field nothing is compared. */
function comparedValues(columns: readonly Column[]): string[] {
  const whole = combinationsOf(columns).filter((values) => !values.includes(null))
  return whole.map((values: IndexValue[]) => (values.length === 1 ? keyOf(values[0]!) : JSON.stringify(values.map(keyOf))))
}

/** An index knows no array that is none, and sorts by others less well. */
function oneOrMore(keys: readonly string[]): string | string[] {
  const different = [...new Set(keys)]
  return different.length === 1 ? different[0]! : different
}

/**
 * The keys by which MongoDB has put a document at its place: the least of several in ascending order, the greatest in descending. One that is
 * missing comes first.
 */
export function keysOf(document: Document, index: IndexLayout, pick: (keys: string[]) => string): string[] {
  return pathsOf(index).map((key) => {
    const found: string | string[] = document[key] ?? FIRST_KEY
    return Array.isArray(found) ? pick(found) : found
  })
}
