import { ImageDocError, type IndexValue, type ListQuery, type RowPage, type Stored, type Table } from '@imagedoc/core'
import { assertEquals, type CheckedQuery, checkedQuery } from '../rows/checked-query.ts'
import { assertRow } from '../rows/checked-row.ts'
import { decodeCursor, encodeCursor, markOf } from '../rows/cursor.ts'
import { decodeRow, encodeRow } from '../rows/row-json.ts'
import { sortKey } from '../rows/sort-key.ts'
import type { SqliteConnection } from './connection.ts'
import { isConstraint } from './errors.ts'
import { entryKeys } from './index-entries.ts'
import { addEntries, type IndexLayout, type TableLayout, takenError } from './migration.ts'

/** A table of an open database. */
export interface OpenTable extends TableLayout {
  readonly connection: SqliteConnection
}

interface StoredRow {
  readonly number: number
  readonly revision: number
  readonly body: string
}

/** Behind every key that begins as this one. */
const BEHIND = Buffer.from([0xff])

/** A row and its entries in all indexes change in one transaction. `use` opens the database when it is not, and translates errors. */
export function createSqliteTable<Row extends Stored>(use: <T>(work: (table: OpenTable) => T) => Promise<T>): Table<Row> {
  return {
    get: (id) =>
      use((table) => {
        const found = find(table, id)
        return found && decodeRow<Row>(found.body)
      }),
    insert: (row) => use((table) => table.connection.write(() => insert(table, row))),
    replaceIf: (row) => use((table) => table.connection.write(() => replace(table, row))),
    delete: (id, revision) => use((table) => table.connection.write(() => remove(table, id, revision))),
    list: (query) => use((table) => list<Row>(table, query)),
    count: (index, equals = []) => use((table) => count(table, index, equals)),
  }
}

function find({ connection, rows }: OpenTable, id: string): StoredRow | undefined {
  return connection.statement(`SELECT number, revision, body FROM ${rows} WHERE _id = ?`).get(id) as StoredRow | undefined
}

function insert(table: OpenTable, row: Stored): void {
  assertRow(row)
  const number = insertBody(table, row)
  for (const index of table.indexes.values()) addEntries(table.connection, index, { number, keys: entryKeys(index, row) })
}

function insertBody({ connection, rows }: OpenTable, row: Stored): number {
  try {
    const statement = connection.statement(`INSERT INTO ${rows} (_id, revision, body) VALUES (?, ?, ?)`)
    return Number(statement.run(row._id, row.revision, encodeRow(row)).lastInsertRowid)
  } catch (error) {
    throw isConstraint(error) ? takenError('_id', error) : error
  }
}

function replace<Row extends Stored>(table: OpenTable, row: Row): Row | undefined {
  assertRow(row)
  const found = find(table, row._id)
  if (found?.revision !== row.revision) return undefined
  const changed = { ...row, revision: row.revision + 1 }
  const body = encodeRow(changed)
  const { connection, rows } = table
  connection.statement(`UPDATE ${rows} SET revision = ?, body = ? WHERE number = ?`).run(changed.revision, body, found.number)
  const before = decodeRow<Stored>(found.body)
  for (const index of table.indexes.values()) moveEntries(table, index, { number: found.number, before, after: changed })
  return decodeRow<Row>(body)
}

function moveEntries(
  { connection }: OpenTable,
  index: IndexLayout,
  { number, before, after }: { number: number; before: Stored; after: Stored },
): void {
  const [old, wanted] = [entryKeys(index, before), entryKeys(index, after)]
  const without = (keys: Buffer[], others: Buffer[]) => {
    const known = new Set(others.map((key) => key.toString('latin1')))
    return keys.filter((key) => !known.has(key.toString('latin1')))
  }
  removeEntries(connection, index, without(old, wanted))
  addEntries(connection, index, { number, keys: without(wanted, old) })
}

function remove(table: OpenTable, id: string, revision: number | undefined): boolean {
  const found = find(table, id)
  if (!found || (revision !== undefined && found.revision !== revision)) return false
  const row = decodeRow<Stored>(found.body)
  for (const index of table.indexes.values()) removeEntries(table.connection, index, entryKeys(index, row))
  table.connection.statement(`DELETE FROM ${table.rows} WHERE number = ?`).run(found.number)
  return true
}

function removeEntries(connection: SqliteConnection, { entries }: IndexLayout, keys: readonly Buffer[]): void {
  for (const key of keys) connection.statement(`DELETE FROM ${entries} WHERE key = ?`).run(key)
}

function list<Row>(table: OpenTable, query: ListQuery): RowPage<Row> {
  const index = indexOf(table, query.index)
  const checked = checkedQuery(index, query)
  const mark = markOf(table.name, query)
  const bounds = boundsOf(checked)
  if (query.after !== undefined) {
    const place = decodeCursor(mark, query.after)
    if (checked.descending) bounds.below = least(bounds.below, place)
    // The least key behind this one is this one and a zero.
    else bounds.from = greatest(bounds.from, Buffer.concat([place, Buffer.alloc(1)]))
  }
  // CROSS JOIN: the entries are read in their order, and the rows looked up.
  const sql = `SELECT key, body FROM ${index.entries} AS entry CROSS JOIN ${table.rows} AS stored ON stored.number = entry.number
    WHERE key >= ? AND key < ? ORDER BY key ${checked.descending ? 'DESC' : 'ASC'} LIMIT ?`
  // One more says whether there is another page.
  const found = table.connection.statement(sql).all(bounds.from, bounds.below, checked.limit + 1)
  const shown = found.slice(0, checked.limit)
  const last = found.length > checked.limit ? shown.at(-1) : undefined
  return {
    rows: shown.map(({ body }) => decodeRow<Row>(body as string)),
    next: last ? encodeCursor(mark, last['key'] as Uint8Array) : null,
  }
}

function count(table: OpenTable, name: string, equals: readonly IndexValue[]): number {
  const index = indexOf(table, name)
  assertEquals(name, index, equals)
  const prefix = sortKey(equals)
  // A row stands in the index several times when a field leads through an array.
  const sql = `SELECT count(DISTINCT number) AS count FROM ${index.entries} WHERE key >= ? AND key < ?`
  return table.connection.statement(sql).get(prefix, Buffer.concat([prefix, BEHIND]))!['count'] as number
}

/** Keys from one on and below the other. */
function boundsOf({ equals, range: { from, below } }: CheckedQuery): { from: Buffer; below: Buffer } {
  const prefix = sortKey(equals)
  return {
    from: Buffer.concat([prefix, from === undefined ? Buffer.alloc(0) : sortKey([from])]),
    below: Buffer.concat([prefix, below === undefined ? BEHIND : sortKey([below])]),
  }
}

const least = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) < 0 ? a : b)
const greatest = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) > 0 ? a : b)

function indexOf(table: TableLayout, name: string): IndexLayout {
  const index = table.indexes.get(name)
  if (!index) throw new ImageDocError('USAGE', `The table ${table.name} has no index ${name}.`, { path: 'index' })
  return index
}
