import { types } from 'node:util'
import { ImageDocError, type IndexDefinition, type IndexValue, type Stored } from '@imagedoc/core'
import { sortKey } from './sort-key.ts'

/**
 * The keys under which a row stands in an index: one, or one for each different item when a field leads through an array.
 * A key ends in the `_id`, so that equal rows are in its order; in a unique index it does not, so that equal rows collide, unless a field is null.
 * @throws USAGE when two fields lead through an array, or a value is no index value
 */
export function entryKeys(index: IndexDefinition, row: Stored): Buffer[] {
  const columns = index.fields.map((path) => valuesAt(row, path.split('.')))
  const many = columns.filter((column) => column.many)
  if (many.length > 1) throw unfit(index, 'more than one of them leads through an array')
  const keys = rowsOf(columns).map((values) => {
    if (!values.every(isIndexValue)) throw unfit(index, 'one of them holds an object or an array of arrays')
    const exempt = !index.unique || values.includes(null)
    return sortKey(exempt ? [...values, row._id] : values)
  })
  return [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()]
}

interface Column {
  readonly values: readonly unknown[]
  /** An array was on the way. */
  readonly many: boolean
}

/** Every combination; only one column has not exactly one value. */
function rowsOf(columns: readonly Column[]): unknown[][] {
  return columns.reduce<unknown[][]>((rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]])
}

function valuesAt(value: unknown, path: readonly string[]): Column {
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
