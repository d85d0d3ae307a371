import { ImageDocError, type MetadataStore, type Stored, type TableDefinition } from '@imagedoc/core'
import { type ConnectedDatabase, createMongodbConnection } from './connection.ts'
import type { StoredDocument } from './document.ts'
import { translating } from './errors.ts'
import type { TableLayout } from './layout.ts'
import { migrate } from './migration.ts'
import { createMongodbTable, type OpenTable } from './table.ts'

export interface MongodbMetadataStoreOptions {
  /** `mongodb://` or `mongodb+srv://`; the path names the database. @default the database `imagedoc` */
  url: string
}

/** A metadata store that can say what it talks to. */
export interface MongodbMetadataStore extends MetadataStore {
  /** The server and its version, for people. @throws STORE_UNAVAILABLE */
  version(): Promise<string>
}

/**
 * Rows in MongoDB 4.4 or newer, or a server that speaks its protocol. It needs what these have in common: operations that are atomic on one document,
 * unique and compound indexes; no transactions, no collations. Connects at the first call, and again after a failure. Where there is a replica set, a
 * write is answered when the majority has it in its journal. Its errors never show the URL.
 * @throws INVALID_CONFIG at the first call for a URL that is none, from `migrate` also for a database of a newer ImageDoc or another application
 * @example
 * await using store = createMongodbMetadataStore({ url: 'mongodb://localhost:27017/imagedoc' })
 * await store.migrate([users])
 * await store.table(users).get(id)
 */
export function createMongodbMetadataStore({ url }: MongodbMetadataStoreOptions): MongodbMetadataStore {
  const connection = createMongodbConnection(url)
  const layouts = new Map<string, TableLayout>()
  const openTable = ({ db, makeId }: ConnectedDatabase, name: string): OpenTable => {
    const layout = layouts.get(name)
    if (!layout) throw new ImageDocError('USAGE', `The table ${name} was not migrated.`)
    return { layout, collection: db.collection<StoredDocument>(name), makeId }
  }
  const use = <T>(work: (database: ConnectedDatabase) => Promise<T>) => translating(async () => work(await connection.opened()))

  return {
    migrate: (definitions) =>
      translating(async () => {
        const migrated = await connection.patiently((database) => migrate(database, definitions))
        for (const layout of migrated) layouts.set(layout.name, layout)
      }),
    table: <Row extends Stored>({ name }: TableDefinition<Row>) =>
      createMongodbTable<Row>((work) => use((database) => work(openTable(database, name)))),
    ping: () => use(async ({ db }) => void (await db.command({ ping: 1 }))),
    version: () =>
      use(async ({ db }) => {
        const { version, ferretdb } = await db.admin().buildInfo()
        return ferretdb ? `FerretDB ${ferretdb.version} (MongoDB ${version})` : `MongoDB ${version}`
      }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
