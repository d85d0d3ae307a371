import type { Stored, Table } from '@imagedoc/core'
import { everyRow } from '../../../src/records/every-row.ts'
import type { Tables } from '../../../src/records/tables.ts'

/** Each table with an index in which every row stands. */
const wholeIndexes = {
  users: 'by_age',
  usage: 'by_count',
  collections: 'by_deletion',
  documents: 'by_deletion',
  versions: 'by_document',
  uploads: 'by_expiry',
  runs: 'by_state',
  batches: 'by_complete',
  runPages: 'by_run',
  begunPages: 'by_run',
  searchRows: 'by_document',
  searchedDocuments: 'by_age',
} as const

type Walked = keyof typeof wholeIndexes
type RowOf<Name extends Walked> = Tables[Name] extends Table<infer Row> ? Row : never

/** All rows that refer to others or to blobs. */
export type Everything = { readonly [Name in Walked]: readonly RowOf<Name>[] }

export async function readEverything(tables: Tables): Promise<Everything> {
  const read = Object.entries(wholeIndexes).map(async ([name, index]) => {
    const rows = await Array.fromAsync(everyRow(tables[name as Walked] as unknown as Table<Stored>, { index }))
    return [name, rows] as const
  })
  return Object.fromEntries(await Promise.all(read)) as unknown as Everything
}

export function byId<Row extends Stored>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row._id, row]))
}

export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row])
  return groups
}
