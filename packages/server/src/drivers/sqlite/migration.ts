import { ImageDocError, type IndexDefinition, type Stored, type TableDefinition } from '@imagedoc/core'
import { assertDefinition } from '../rows/checked-definition.ts'
import { decodeRow } from '../rows/row-json.ts'
import { SORT_KEY_VERSION } from '../rows/sort-key.ts'
import type { SqliteConnection } from './connection.ts'
import { isConstraint } from './errors.ts'
import { entryKeys } from './index-entries.ts'

/** A declared index and the SQL name of the table that holds its entries. */
export interface IndexLayout extends IndexDefinition {
  readonly name: string
  readonly entries: string
}

/** A table as it stands in the database. */
export interface TableLayout {
  readonly name: string
  /** The SQL name. */
  readonly rows: string
  readonly indexes: ReadonlyMap<string, IndexLayout>
}

/** What is there of indexes. A dot is in no declared name. */
const KNOWN = '"imagedoc.indexes"'

/**
 * Brings the tables to what is declared, all or nothing. One index of which the definition changed is made again.
 * @throws INVALID_CONFIG; ALREADY_EXISTS with `details.index` when rows collide in a new unique index
 */
export function migrate(connection: SqliteConnection, definitions: readonly TableDefinition[]): TableLayout[] {
  for (const definition of definitions) assertDefinition(definition)
  return connection.write(() => {
    connection.exec(
      `CREATE TABLE IF NOT EXISTS ${KNOWN} (table_name TEXT, index_name TEXT, definition TEXT NOT NULL,
        PRIMARY KEY (table_name, index_name)) STRICT, WITHOUT ROWID`,
    )
    return definitions.map((definition) => migrateTable(connection, layoutOf(definition)))
  })
}

/**
 * The tables as they are declared, in a database that is only read.
 * @throws INVALID_CONFIG where they were made by another version
 */
export function migrated(connection: SqliteConnection, definitions: readonly TableDefinition[]): TableLayout[] {
  return definitions.map((definition) => {
    const table = layoutOf(definition)
    const known = knownIndexes(connection, table)
    for (const index of table.indexes.values()) if (known.get(index.name) !== identityOf(index)) throw otherVersion()
    return table
  })
}

function otherVersion(): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    'The database was last used by another version of ImageDoc. Use the command of the version that the server has, or run imagedoc migrate while the server is stopped.',
  )
}

function layoutOf({ name, indexes }: TableDefinition): TableLayout {
  const layouts = Object.entries(indexes).map(([index, { fields, unique = false }]) => {
    return [index, { name: index, fields, unique, entries: `"${name}.${index}"` }] as const
  })
  return { name, rows: `"${name}"`, indexes: new Map(layouts) }
}

function migrateTable(connection: SqliteConnection, table: TableLayout): TableLayout {
  connection.exec(
    `CREATE TABLE IF NOT EXISTS ${table.rows} (number INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL,
      body TEXT NOT NULL) STRICT`,
  )
  const known = knownIndexes(connection, table)
  for (const [name, definition] of known) {
    const index = table.indexes.get(name)
    if (!index || identityOf(index) !== definition) dropIndex(connection, table, name)
  }
  for (const index of table.indexes.values()) {
    if (known.get(index.name) !== identityOf(index)) createIndex(connection, table, index)
  }
  return table
}

function knownIndexes(connection: SqliteConnection, { name }: TableLayout): Map<string, string> {
  const found = connection.statement(`SELECT index_name, definition FROM ${KNOWN} WHERE table_name = ?`).all(name)
  return new Map(found.map((row) => [row['index_name'] as string, row['definition'] as string]))
}

const identityOf = ({ fields, unique }: IndexLayout): string => JSON.stringify({ fields, unique, keys: SORT_KEY_VERSION })

function dropIndex(connection: SqliteConnection, table: TableLayout, name: string): void {
  connection.exec(`DROP TABLE "${table.name}.${name}"`)
  connection.statement(`DELETE FROM ${KNOWN} WHERE table_name = ? AND index_name = ?`).run(table.name, name)
}

function createIndex(connection: SqliteConnection, table: TableLayout, index: IndexLayout): void {
  connection.exec(`CREATE TABLE ${index.entries} (key BLOB PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID`)
  connection.statement(`INSERT INTO ${KNOWN} VALUES (?, ?, ?)`).run(table.name, index.name, identityOf(index))
  for (const { number, body } of connection.statement(`SELECT number, body FROM ${table.rows}`).iterate()) {
    addEntries(connection, index, { number: number as number, keys: entryKeys(index, decodeRow<Stored>(body as string)) })
  }
}

/** @throws ALREADY_EXISTS with `details.index` when another row has one of the keys */
export function addEntries(connection: SqliteConnection, index: IndexLayout, entry: { number: number; keys: readonly Buffer[] }): void {
  const insert = connection.statement(`INSERT INTO ${index.entries} VALUES (?, ?)`)
  for (const key of entry.keys) {
    try {
      insert.run(key, entry.number)
    } catch (error) {
      throw isConstraint(error) ? takenError(index.name, error) : error
    }
  }
}

/** The error of a row whose values another row has. */
export function takenError(index: string, cause: unknown): ImageDocError {
  const message = `Another record has the same value of ${index}, which must be different in each.`
  return new ImageDocError('ALREADY_EXISTS', message, { details: { index }, cause })
}
