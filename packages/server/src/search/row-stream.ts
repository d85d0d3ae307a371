import { setImmediate as turn } from 'node:timers/promises'
import type { IndexValue, Table } from '@imagedoc/core'
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

/** Rows in order of their places, from this one on. */
interface Source {
  readonly table: Table<SearchRow>
  readonly index: 'by_token' | 'by_place'
  readonly equals: readonly IndexValue[]
  readonly from: Place | undefined
  readonly budget: Budget
}

const LARGEST_READ = 64

/** Reads ever more at a time: most queries have enough after a few rows. */
export async function* rowStream({ table, index, equals, from, budget }: Source, firstRead: number): AsyncGenerator<SearchRow> {
  let after: string | undefined
  let limit = firstRead
  do {
    const range = from ? { range: { from: from.place } } : {}
    const { rows, next } = await table.list({ index, equals, ...range, after, limit })
    budget.rows -= rows.length
    for (const row of rows) if (!from || comparePlaces(placeOf(row), from) >= 0) yield row
    after = next ?? undefined
    limit = Math.min(2 * limit, LARGEST_READ)
    await turn()
  } while (after !== undefined)
}

/** Several streams as one in the same order, each row once. */
export async function* merged(streams: readonly AsyncGenerator<SearchRow>[]): AsyncGenerator<SearchRow> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, row: (await stream.next()).value as SearchRow | undefined })))
  for (;;) {
    const first = heads.reduce<SearchRow | undefined>((least, { row }) => {
      return row && (!least || comparePlaces(placeOf(row), placeOf(least)) < 0) ? row : least
    }, undefined)
    if (!first) return
    yield first
    for (const head of heads) if (head.row?._id === first._id) head.row = (await head.stream.next()).value as SearchRow | undefined
  }
}
