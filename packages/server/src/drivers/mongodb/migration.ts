import { ImageDocError, type TableDefinition } from '@imagedoc/core'
import type { Collection, Db, IndexDescription, IndexDescriptionInfo } from 'mongodb'
import { assertDefinition } from '../rows/checked-definition.ts'
import { alone } from './alone.ts'
import { bringToShape } from './backfill.ts'
import type { ConnectedDatabase } from './connection.ts'
import { type StoredDocument, UNIQUE } from './document.ts'
import { isDuplicate, isMissingCollection, takenError } from './errors.ts'
import { layoutOf, pathsOf, type TableLayout } from './layout.ts'

/** Raised when an older ImageDoc could not read what this one writes. */
const FORMAT = 1

/** What was made in the database. A dot is in no declared name. */
const MIGRATIONS = 'imagedoc.migrations'

const WHOLE = 'imagedoc.database'

/** What is known of the database (`WHOLE`), or of the table of this name. */
interface Migration {
  readonly _id: string
  readonly format?: number
  readonly shape?: string
  /** The names of the indexes that were made here, or are just being made: those that somebody else made stay. */
  readonly indexes?: readonly string[]
  readonly migrated_at: Date
}

/**
 * Brings the tables to what is declared. There is no transaction over this: what was interrupted is completed the next time.
 * @throws INVALID_CONFIG; ALREADY_EXISTS with `details.index` when rows collide in a new unique index
 */
export async function migrate(database: ConnectedDatabase, definitions: readonly TableDefinition[]): Promise<TableLayout[]> {
  for (const definition of definitions) assertDefinition(definition)
  await assertOurs(database.db)
  const layouts = definitions.map(layoutOf)
  await alone(database, async (signal) => {
    for (const layout of layouts) {
      // What was begun is completed by the next migration.
      signal.throwIfAborted()
      await migrateTable(database.db, layout)
    }
  })
  return layouts
}

/** Before anything is written, so that a database that is not ours stays as it is. */
async function assertOurs(db: Db): Promise<void> {
  const migrations = db.collection<Migration>(MIGRATIONS)
  const known = await migrations.findOne({ _id: WHOLE })
  if (known) return assertFormat(known.format ?? 0)
  const others = await db.listCollections({}, { nameOnly: true }).toArray()
  // Another process may have begun meanwhile.
  const begun = others.length > 0 ? await migrations.findOne({ _id: WHOLE }) : undefined
  if (others.some(({ name }) => name !== MIGRATIONS && !name.startsWith('system.')) && !begun) {
    throw new ImageDocError(
      'INVALID_CONFIG',
      "The database holds another application's collections. Name an empty one in the URL of MongoDB, behind the host: /imagedoc.",
    )
  }
  const $setOnInsert = { format: FORMAT, migrated_at: new Date() }
  await migrations.updateOne({ _id: WHOLE }, { $setOnInsert }, { upsert: true }).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error
  })
}

function assertFormat(format: number): void {
  if (format <= FORMAT) return
  throw new ImageDocError(
    'INVALID_CONFIG',
    `The database was written by a newer ImageDoc (format ${format}; this one knows ${FORMAT}). Use that one, or restore a backup.`,
  )
}

async function migrateTable(db: Db, layout: TableLayout): Promise<void> {
  const migrations = db.collection<Migration>(MIGRATIONS)
  const collection = db.collection<StoredDocument>(layout.name)
  const known = await migrations.findOne({ _id: layout.name })
  const wanted = indexesOf(layout)
  const note = async (shape: string, names: readonly string[]): Promise<void> => {
    const $set = { shape, indexes: [...new Set(names)], migrated_at: new Date() }
    await migrations.updateOne({ _id: layout.name }, { $set }, { upsert: true })
  }
  const names = wanted.map(({ name }) => name)
  const done = known?.shape === layout.shape && sameNames(known.indexes ?? [], names)
  if (!done) await note('unfinished', [...(known?.indexes ?? []), ...names])
  if (known?.shape !== layout.shape) await bringToShape(collection, layout)
  await makeIndexes(collection, wanted, known?.indexes ?? [])
  if (!done) await note(layout.shape, names)
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.toSorted().join() === b.toSorted().join()

type NamedIndex = IndexDescription & { readonly name: string; readonly key: Record<string, 1> }

function indexesOf({ indexes }: TableLayout): NamedIndex[] {
  return [...indexes.values()].flatMap((index): NamedIndex[] => {
    const ordered = { name: index.name, key: Object.fromEntries(pathsOf(index).map((path) => [path, 1 as const])) }
    // Rows in which a field is null have no such member, and a sparse index leaves them out.
    const unique = { name: `${index.name}.unique`, key: { [UNIQUE + index.name]: 1 as const }, unique: true, sparse: true }
    return index.unique ? [ordered, unique] : [ordered]
  })
}

async function makeIndexes(collection: Collection<StoredDocument>, wanted: readonly NamedIndex[], ours: readonly string[]): Promise<void> {
  const found = await indexesThere(collection)
  const isThere = (index: NamedIndex) => found.some((there) => there.name === index.name && keyText(there.key) === keyText(index.key))
  for (const { name } of found) {
    const index = wanted.find((one) => one.name === name)
    if (index ? !isThere(index) : ours.includes(name)) await collection.dropIndex(name)
  }
  for (const index of wanted.filter((one) => !isThere(one))) await makeIndex(collection, index)
}

async function indexesThere(collection: Collection<StoredDocument>): Promise<{ name: string; key: IndexDescriptionInfo['key'] }[]> {
  try {
    const found = await collection.indexes()
    return found.flatMap(({ name, key }) => (name === undefined ? [] : [{ name, key }]))
  } catch (error) {
    if (isMissingCollection(error)) return []
    throw error
  }
}

const keyText = (key: object): string => JSON.stringify(Object.entries(key))

async function makeIndex(collection: Collection<StoredDocument>, { key, name, unique, sparse }: NamedIndex): Promise<void> {
  try {
    await collection.createIndex(key, { name, ...(unique ? { unique } : {}), ...(sparse ? { sparse } : {}) })
  } catch (error) {
    // Compatible servers have no code for it, so it is asked for.
    const collides = unique && (isDuplicate(error) || (await hasTwoOf(collection, Object.keys(key)[0]!)))
    throw collides ? takenError(name.replace(/\.unique$/, ''), error) : error
  }
}

async function hasTwoOf(collection: Collection<StoredDocument>, path: string): Promise<boolean> {
  const group = [
    { $unwind: `$${path}` },
    { $group: { _id: `$${path}`, rows: { $sum: 1 } } },
    { $match: { rows: { $gt: 1 } } },
    { $limit: 1 },
  ]
  return (await collection.aggregate([{ $match: { [path]: { $exists: true } } }, ...group]).toArray()).length > 0
}
