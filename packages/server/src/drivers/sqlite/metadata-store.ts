import { setImmediate as turn } from 'node:timers/promises'
import { ImageDocError, type MetadataStore, type Stored, type TableDefinition } from '@imagedoc/core'
import { openConnection, type SqliteConnection } from './connection.ts'
import { closedError, translated } from './errors.ts'
import { migrate, migrated, type TableLayout } from './migration.ts'
import { createStretch } from './stretch.ts'
import { createSqliteTable, type OpenTable } from './table.ts'

export interface SqliteMetadataStoreOptions {
  /** The file, made with its folder when it is missing; or `:memory:`. SQLite puts `-wal` and `-shm` beside it, and this driver `.lock`. */
  path: string
  /**
   * Refuse to open the database while another store, of this process or another one, has it open exclusively. It is lifted when the store is
   * disposed of or its process ends, even by SIGKILL. A server needs it: what it keeps in memory (events, jobs) reaches no second server.
   * Stores that share a file without it must declare the same indexes: each keeps up those that it knows.
   * @default true
   */
  exclusive?: boolean
  /**
   * Read beside a server that has the database, and write nothing: then `exclusive` has no meaning, and `migrate` makes sure that the tables are
   * already as they are declared. Nothing is made where there is no database. @default false
   */
  readOnly?: boolean
  /**
   * Called when a write finds the disk full, and in the middle of it, so it must not wait: true when there is more room now. Then the write is tried once more.
   * @default nothing can be done
   */
  makeRoom?: (() => boolean) | undefined
}

/**
 * The embedded database: one SQLite file, opened at the first call. A call blocks the process for as long as it takes, about 20 µs for a row and
 * below a millisecond for a page of 50; after 20 ms of calls others have their turn. Without `exclusive` a write may wait 5 s for that of another process, and then throws STORE_UNAVAILABLE.
 * What was written survives the end of the process; the last moments before a power failure may be lost, never half a row (WAL, synchronous NORMAL).
 * @throws INVALID_CONFIG at the first call: the file is of a newer ImageDoc, of another application, in use, or not there to be read only
 * @example
 * await using store = createSqliteMetadataStore({ path: '/var/lib/imagedoc/imagedoc.db' })
 * await store.migrate([users])
 * await store.table(users).get(id)
 */
export function createSqliteMetadataStore(options: SqliteMetadataStoreOptions): MetadataStore {
  const { path, exclusive = true, readOnly = false, makeRoom } = options
  const layouts = new Map<string, TableLayout>()
  let connection: SqliteConnection | undefined
  let closed = false
  const stretch = createStretch()
  const opened = (): SqliteConnection => {
    if (closed) throw closedError()
    connection ??= openConnection({ path, exclusive, readOnly, ...(makeRoom && { makeRoom }) })
    return connection
  }
  const use = async <T>(work: (open: SqliteConnection) => T): Promise<T> => {
    if (stretch.isLong()) await turn()
    try {
      return work(opened())
    } catch (error) {
      throw translated(error)
    }
  }
  const openTable = (open: SqliteConnection, name: string): OpenTable => {
    const layout = layouts.get(name)
    if (!layout) throw new ImageDocError('USAGE', `The table ${name} was not migrated.`)
    return { ...layout, connection: open }
  }

  return {
    migrate: (definitions) =>
      use((open) => {
        for (const layout of (readOnly ? migrated : migrate)(open, definitions)) layouts.set(layout.name, layout)
      }),
    table: <Row extends Stored>({ name }: TableDefinition<Row>) =>
      createSqliteTable<Row>((work) => use((open) => work(openTable(open, name)))),
    ping: () => use((open) => void open.statement('SELECT count(*) FROM sqlite_schema').get()),
    async [Symbol.asyncDispose]() {
      closed = true
      connection?.[Symbol.dispose]()
      connection = undefined
    },
  }
}
