import type { IndexDefinition, Stored } from '@imagedoc/core'
import { combinationsOf, indexColumns } from '../rows/index-columns.ts'
import { sortKey } from '../rows/sort-key.ts'

/**
 * The keys under which a row stands in an index: one, or one for each different item when a field leads through an array.
 * A key ends in the `_id`, so that equal rows are in its order; in a unique index it does not, so that equal rows collide, unless a field is null.
 * @throws USAGE when two fields lead through an array, or a value is no index value
 */
export function entryKeys(index: IndexDefinition, row: Stored): Buffer[] {
  const keys = combinationsOf(indexColumns(index, row)).map((values) => {
    const exempt = !index.unique || values.includes(null)
    return sortKey(exempt ? [...values, row._id] : values)
  })
  return [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()]
}
