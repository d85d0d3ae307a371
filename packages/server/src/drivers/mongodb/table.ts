import { ImageDocError, type IndexValue, type ListQuery, type RowPage, type Stored, type Table } from '@imagedoc/core'
import type { Collection, Document } from 'mongodb'
import { assertEquals, type CheckedQuery, checkedQuery } from '../rows/checked-query.ts'
import { assertRevision, assertRow } from '../rows/checked-row.ts'
import { decodeCursor, encodeCursor, markOf } from '../rows/cursor.ts'
import { derivedMembers, keysOf } from './derived.ts'
import { documentOf, type MakeId, rowOf, type StoredDocument, storedId } from './document.ts'
import type { IndexLayout, TableLayout } from './layout.ts'
import { filterOf, isWithin, scansOf } from './queries.ts'
import { compareKeys } from './sort-key.ts'

/** A table of a connected database. */
export interface OpenTable {
  readonly layout: TableLayout
  readonly collection: Collection<StoredDocument>
  readonly makeId: MakeId
}

/** Each call is one operation on one document, except a list, which may be several. `use` connects and translates errors. */
export function createMongodbTable<Row extends Stored>(use: <T>(work: (table: OpenTable) => Promise<T>) => Promise<T>): Table<Row> {
  return {
    get: (id) =>
      use(async ({ collection, makeId }) => {
        const found = await collection.findOne({ _id: storedId(id, makeId) })
        return found ? rowOf<Row>(found) : undefined
      }),
    insert: (row) =>
      use(async (table) => {
        await table.collection.insertOne(encode(table, row))
      }),
    replaceIf: (row) => use((table) => replace(table, row)),
    delete: (id, revision) =>
      use(async ({ collection, makeId }) => {
        if (revision !== undefined) assertRevision(revision)
        const filter = { _id: storedId(id, makeId), ...(revision === undefined ? {} : { revision }) }
        return (await collection.deleteOne(filter)).deletedCount === 1
      }),
    list: (query) => use((table) => list<Row>(table, query)),
    count: (index, equals = []) => use((table) => count(table, index, equals)),
  }
}

function encode({ layout, makeId }: OpenTable, row: Stored): StoredDocument {
  assertRow(row)
  return { ...documentOf(row, makeId), _id: storedId(row._id, makeId), ...derivedMembers(layout, row) }
}

async function replace<Row extends Stored>(table: OpenTable, row: Row): Promise<Row | undefined> {
  assertRow(row)
  const { _id, ...changed } = encode(table, { ...row, revision: row.revision + 1 })
  const { matchedCount } = await table.collection.replaceOne({ _id, revision: row.revision }, changed)
  return matchedCount === 1 ? rowOf<Row>({ _id, ...changed }) : undefined
}

async function list<Row extends Stored>(table: OpenTable, query: ListQuery): Promise<RowPage<Row>> {
  const index = indexOf(table.layout, query.index)
  const checked = checkedQuery(index, query)
  const mark = markOf(table.layout.name, query)
  const place = query.after === undefined ? undefined : placeOf(decodeCursor(mark, query.after), index, checked)
  // One more says whether there is another page.
  const found = await scan(table, { index, checked, place })
  const shown = found.slice(0, checked.limit)
  const last = found.length > checked.limit ? shown.at(-1) : undefined
  const within = shown.filter((document) => isFound(document, index, checked))
  return {
    rows: within.map((document) => rowOf<Row>(document)),
    next: last ? encodeCursor(mark, Buffer.from(JSON.stringify(placeKeys(last, index, checked)))) : null,
  }
}

interface Range {
  readonly index: IndexLayout
  readonly checked: CheckedQuery
  readonly place: readonly string[] | undefined
}

async function scan({ collection }: OpenTable, { index, checked, place }: Range): Promise<StoredDocument[]> {
  const found: StoredDocument[] = []
  for (const { filter, sort } of scansOf(index, checked, place)) {
    const limit = checked.limit + 1 - found.length
    if (limit <= 0) break
    found.push(...(await collection.find(filter, { sort, limit, hint: index.name, batchSize: limit }).toArray()))
  }
  return found
}

async function count({ layout, collection }: OpenTable, name: string, equals: readonly IndexValue[]): Promise<number> {
  const index = indexOf(layout, name)
  assertEquals(name, index, equals)
  return collection.countDocuments(filterOf(index, equals), { hint: name })
}

/** The keys behind those of `equals`. */
function placeKeys(document: Document, index: IndexLayout, { equals, descending }: CheckedQuery): string[] {
  const sorted = (keys: string[]) => keys.toSorted(compareKeys)
  return keysOf(document, index, (keys) => sorted(keys).at(descending ? -1 : 0)!).slice(equals.length)
}

/** @throws USAGE for a cursor that somebody made up */
function placeOf(bytes: Buffer, index: IndexLayout, { equals }: CheckedQuery): string[] {
  const place = parsed(bytes.toString())
  const wanted = index.keys.length + 1 - equals.length
  if (Array.isArray(place) && place.length === wanted && place.every((key) => typeof key === 'string')) return place
  throw new ImageDocError('USAGE', 'The cursor does not belong to this list. Begin again without one.', { path: 'after' })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/**
 * A row that is not in the index lacks one of its keys. Of a row with several keys one must be within both bounds; the place of another such row
 * may be out of them, and then equal keys are, too.
 */
function isFound(document: Document, index: IndexLayout, query: CheckedQuery): boolean {
  if (index.keys.some((key) => document[key] === undefined)) return false
  const key = index.keys[query.equals.length]
  return key === undefined || isWithin([document[key]].flat(), query)
}

function indexOf(layout: TableLayout, name: string): IndexLayout {
  const index = layout.indexes.get(name)
  if (!index) throw new ImageDocError('USAGE', `The table ${layout.name} has no index ${name}.`, { path: 'index' })
  return index
}
