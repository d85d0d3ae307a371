import { setImmediate as turn } from 'node:timers/promises'
import type { IndexValue, Table } from '@imagedoc/core'
import type { Id } from '../records/id.ts'
import type { SearchRow } from '../records/search.ts'

/** A row's place among the results of a collection. */
export interface Place {
  readonly place: number
  readonly row: string
}

/** How much one request may read; what is left over is the next request's. */
export interface Budget {
  rows: number
}

/** Negative when the one comes first. */
export function comparePlaces(one: Place, other: Place): number {
  if (one.place !== other.place) return one.place - other.place
  return one.row < other.row ? -1 : Number(one.row > other.row)
}

export const placeOf = ({ place, _id }: SearchRow): Place => ({ place, row: _id })

/** Rows of a collection in order of their places, from this one on. */
export interface RowsFrom {
  readonly table: Table<SearchRow>
  readonly collectionId: Id
  readonly from: Place | undefined
  readonly budget: Budget
}

const FIRST_READ = 16
const LARGEST_READ = 64

/** Reads ever more at a time: most queries have enough after a few rows. */
export async function* rowStream(
  { table, from, budget }: RowsFrom,
  { index, equals }: { index: 'by_key' | 'by_place'; equals: readonly IndexValue[] },
): AsyncGenerator<SearchRow> {
  let after: string | undefined
  let limit = FIRST_READ
  do {
    const range = from ? { range: { from: from.place } } : {}
    const { rows, next } = await table.list({ index, equals, ...range, after, limit })
    budget.rows -= rows.length
    for (const row of rows) if (!from || comparePlaces(placeOf(row), from) >= 0) yield row
    after = next ?? undefined
    limit = Math.min(2 * limit, LARGEST_READ)
    // The embedded database blocks the process: others have their turn between two reads.
    await turn()
  } while (after !== undefined)
}
