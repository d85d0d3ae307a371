import { types } from 'node:util'
import { ImageDocError, type IndexDefinition, type IndexValue, type ListQuery } from '@imagedoc/core'

const MAX_LIMIT = 1000

/** What an index value is when it is no null. */
export type ValueType = 'number' | 'string' | 'boolean' | 'date'

/** A list query with its defaults, fit for the index. */
export interface CheckedQuery {
  readonly equals: readonly IndexValue[]
  readonly range: NonNullable<ListQuery['range']>
  readonly descending: boolean
  readonly limit: number
}

/** @throws USAGE for a limit out of bounds, values that do not fit the index, or bounds of two types */
export function checkedQuery(index: IndexDefinition, query: ListQuery): CheckedQuery {
  const { equals = [], range = {}, order = 'ascending', limit } = query
  assertEquals(query.index, index, equals)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw usage(`A list gives 1 to ${MAX_LIMIT} rows, not ${limit}.`)
  }
  if (order !== 'ascending' && order !== 'descending') throw usage(`A list is ascending or descending, not ${String(order)}.`)
  const bounds = [range.from, range.below].filter((bound) => bound !== undefined)
  if (new Set(bounds.map(typeOf).filter(Boolean)).size > 1) throw usage('The bounds of a range must be of one type.')
  if (bounds.length > 0 && equals.length >= index.fields.length) {
    throw usage(`The index ${query.index} has no field behind those of \`equals\`.`)
  }
  return { equals, range, descending: order === 'descending', limit }
}

/** @throws USAGE for more values than the index has fields, or what is no index value */
export function assertEquals(name: string, index: IndexDefinition, equals: readonly IndexValue[]): void {
  if (equals.length > index.fields.length) {
    throw usage(`The index ${name} has ${index.fields.length} fields, and ${equals.length} values were given.`)
  }
  for (const value of equals) typeOf(value)
}

/** Undefined for null. @throws USAGE for what is no index value */
export function typeOf(value: IndexValue): ValueType | undefined {
  if (value === null) return undefined
  if (typeof value === 'string' && value.isWellFormed()) return 'string'
  if (typeof value === 'number' && Number.isFinite(value)) return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (types.isDate(value) && !Number.isNaN(value.getTime())) return 'date'
  throw usage('An index orders by text, finite numbers, booleans, valid dates and null alone.')
}

function usage(message: string): ImageDocError {
  return new ImageDocError('USAGE', message)
}
