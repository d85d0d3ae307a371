import { types } from 'node:util'
import { ImageDocError, type IndexDefinition, type IndexValue, type Stored } from '@imagedoc/core'

/** What a row has of one field of an index: one value, or one for each item when an array was on the way; none when that is empty. */
export interface Column {
  readonly values: readonly IndexValue[]
  readonly many: boolean
}

/**
 * What a row has of an index's fields. Only one of them has not exactly one value.
 * @throws USAGE when two fields lead through an array, or a value is no index value
 */
export function indexColumns(index: IndexDefinition, row: Stored): Column[] {
  const columns = index.fields.map((path) => valuesAt(row, path.split('.')))
  if (columns.filter((column) => column.many).length > 1) throw unfit(index, 'more than one of them leads through an array')
  // An index with nothing to hold of a row refuses none.
  const empty = columns.some((column) => column.values.length === 0)
  if (!empty && !columns.every(({ values }) => values.every(isIndexValue))) {
    throw unfit(index, 'one of them holds an object or an array of arrays')
  }
  return columns as Column[]
}

/** Under which values the row stands in the index: every combination. */
export function combinationsOf(columns: readonly Column[]): IndexValue[][] {
  return columns.reduce<IndexValue[][]>((rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]])
}

interface Found {
  readonly values: readonly unknown[]
  readonly many: boolean
}

function valuesAt(value: unknown, path: readonly string[]): Found {
  if (Array.isArray(value))
    return { values: value.flatMap((item) => (Array.isArray(item) ? [item] : valuesAt(item, path).values)), many: true }
  const [key, ...rest] = path
  if (key === undefined) return { values: [value ?? null], many: false }
  // Own members alone: `constructor` is in every object.
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return { values: [null], many: false }
  return valuesAt((value as Record<string, unknown>)[key], rest)
}

function isIndexValue(value: unknown): value is IndexValue {
  return value === null || typeof value !== 'object' || types.isDate(value)
}

function unfit({ fields }: IndexDefinition, reason: string): ImageDocError {
  return new ImageDocError('USAGE', `A row cannot be put in order of ${fields.join(', ')}: ${reason}.`)
}
