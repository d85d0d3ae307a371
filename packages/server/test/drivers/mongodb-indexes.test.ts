import type { IndexValue, ListQuery, MetadataStore, TableDefinition } from '@imagedoc/core'
import { type Collection, MongoClient, ObjectId } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { derivedMembers } from '../../src/drivers/mongodb/derived.ts'
import type { StoredDocument } from '../../src/drivers/mongodb/document.ts'
import { documentOf } from '../../src/drivers/mongodb/document.ts'
import { layoutOf } from '../../src/drivers/mongodb/layout.ts'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { createMongodbTable } from '../../src/drivers/mongodb/table.ts'
import { openTables } from '../../src/records/tables.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'
import { planOf } from './mongodb-plans.ts'

const server = mongodbUrl()
const ROWS = 300
const makeId = (hex: string) => ObjectId.createFromHexString(hex)

/** Every table that the server declares. */
async function declared(): Promise<TableDefinition[]> {
  const definitions: TableDefinition[] = []
  const store = { migrate: async (given: readonly TableDefinition[]) => void definitions.push(...given), table: () => undefined }
  await openTables(store as unknown as MetadataStore)
  return definitions
}

const tables = await declared()
const lists = tables.flatMap((table) => Object.entries(table.indexes).map(([index, { fields }]) => ({ table, index, fields })))

describe.skipIf(!server)(noMongodb ?? 'On MongoDB', () => {
  const { name, url } = freshDatabases(server ?? nowhere)()
  const client = new MongoClient(server ?? nowhere)
  beforeAll(async () => {
    await using store = createMongodbMetadataStore({ url })
    await store.migrate(tables)
    for (const table of tables) {
      const documents = Array.from({ length: ROWS }, (_, i) => documentFor(table, i))
      await client.db(name).collection<StoredDocument>(table.name).insertMany(documents)
    }
  }, 120_000)
  afterAll(async () => client.close())

  it.each(lists)('every list of $table.name by $index reads that index', async ({ table, index, fields }) => {
    const plans: (() => Promise<unknown>)[] = []
    const layout = layoutOf(table)
    const collection = explaining(client.db(name).collection<StoredDocument>(table.name), plans)
    const rows = createMongodbTable((work) => work({ layout, collection, makeId }))
    let found = 0
    for (const query of queriesOf(index, fields)) {
      const first = await rows.list(query)
      found += first.rows.length
      if (first.next !== null) await rows.list({ ...query, after: first.next })
      if (query.order === 'ascending' && !query.range) await rows.count(index, query.equals)
    }
    expect(found).toBeGreaterThanOrEqual(10)
    expect(plans.length).toBeGreaterThan(5 * (fields.length + 1))
    for (const plan of plans) {
      const answer = await plan()
      const { indexes, readsAll, sorts } = planOf(answer)
      expect({ indexes, readsAll }).toEqual({ indexes: [index], readsAll: false })
      expect(sorts).toBe(false)
    }
  })

  it('a list of a value among several reads the index', async () => {
    const plans: (() => Promise<unknown>)[] = []
    const table = tables.find((one) => one.name === 'collections')!
    const collection = client.db(name).collection<StoredDocument>(table.name)
    const shared = Array.from({ length: 300 }, (_, i) => ({
      ...documentFor(table, ROWS + i),
      ...sharedBy(table, `reader-${i % 50}`, 'ann'),
    }))
    await collection.insertMany(shared)
    const rows = createMongodbTable((work) => work({ layout: layoutOf(table), collection: explaining(collection, plans), makeId }))
    expect((await rows.list({ index: 'by_reader', equals: ['reader-7', null], limit: 100 })).rows).toHaveLength(6)
    expect(planOf(await plans[0]!())).toEqual({ indexes: ['by_reader'], readsAll: false, sorts: false })
  })

  it('a query that no index serves would be seen', async () => {
    const answer = await client.db(name).collection('documents').find({ text: 'y' }).explain('queryPlanner')
    const { indexes, readsAll } = planOf(answer)
    // DocumentDB may read everything by way of the ids.
    expect(readsAll || indexes.join() === '_id_').toBe(true)
  })
})

function sharedBy(table: TableDefinition, ...readers: string[]): object {
  const row = { _id: 'none', revision: 0, created_at: new Date(0), readers, deleted_at: null }
  return { readers, ...derivedMembers(layoutOf(table), row) }
}

/** With values for none, one, ... all of the fields; whole, and a part of the next field; in both orders. */
function queriesOf(index: string, fields: readonly string[]): ListQuery[] {
  const values = Array.from({ length: fields.length + 1 }, (_, count) => fields.slice(0, count).map((field) => valueFor(field, 8)))
  return values.flatMap((equals) =>
    (['ascending', 'descending'] as const).flatMap((order): ListQuery[] => {
      const query: ListQuery = { index, equals, order, limit: 5 }
      const next = fields[equals.length]
      return next === undefined ? [query] : [query, { ...query, range: { from: valueFor(next, 5) } }]
    }),
  )
}

/** Every ninth row has the value that is asked for. */
function valueFor(field: string, row: number): IndexValue {
  if (field.endsWith('_at')) return row % 2 ? new Date(1_700_000_000_000 + row) : null
  if (field.endsWith('number') || field === 'page' || field === 'priority') return row % 9
  return `${field}-${row % 9}`
}

function documentFor(table: TableDefinition, i: number): StoredDocument {
  const row = { _id: i.toString(16).padStart(24, '0'), revision: 0, created_at: new Date(i), text: 'x'.repeat(200) }
  for (const [key, field] of allFields(table)) put(row, key, valueFor(field, i))
  for (const unique of Object.values(table.indexes).filter((index) => index.unique)) put(row, unique.fields.at(-1)!, `unique-${i}`)
  return { ...documentOf(row, makeId), _id: makeId(row._id), ...derivedMembers(layoutOf(table), row) }
}

const allFields = (table: TableDefinition) =>
  Object.values(table.indexes).flatMap(({ fields }) => fields.map((field) => [field, field] as const))

function put(row: object, path: string, value: IndexValue): void {
  const keys = path.split('.')
  const last = keys.pop()!
  let place = row as Record<string, unknown>
  for (const key of keys) {
    place[key] ??= {}
    place = place[key] as Record<string, unknown>
  }
  place[last] = value
}

/** Notes the plan of every read. */
function explaining(collection: Collection<StoredDocument>, plans: (() => Promise<unknown>)[]): Collection<StoredDocument> {
  return {
    find: (...query: Parameters<typeof collection.find>) => {
      plans.push(() => collection.find(...query).explain('queryPlanner'))
      return collection.find(...query)
    },
    countDocuments: (filter: object, options: object) => {
      plans.push(() => collection.aggregate([{ $match: filter }, { $group: { _id: 1, n: { $sum: 1 } } }], options).explain('queryPlanner'))
      return collection.countDocuments(filter, options)
    },
  } as unknown as Collection<StoredDocument>
}

describe('a plan', () => {
  it('is read in the form of MongoDB', () => {
    const inputStage = { stage: 'FETCH', inputStage: { stage: 'IXSCAN', indexName: 'by_age', indexBounds: { age: ['[1, 2]'] } } }
    const answer = { queryPlanner: { winningPlan: { stage: 'LIMIT', inputStage }, rejectedPlans: [{ stage: 'COLLSCAN' }] } }
    expect(planOf(answer)).toEqual({ indexes: ['by_age'], readsAll: false, sorts: false })
    expect(planOf({ queryPlanner: { winningPlan: { stage: 'SORT', inputStage: { stage: 'COLLSCAN' } } } })).toEqual({
      indexes: [],
      readsAll: true,
      sorts: true,
    })
  })

  it('is read in the form of PostgreSQL', () => {
    const scan = { 'Node Type': 'Bitmap Heap Scan', Plans: [{ 'Node Type': 'Bitmap Index Scan', 'Index Name': 'by_age' }] }
    const sorted = { 'Node Type': 'Sort', IndexCosts: [{ indexName: '_id_' }], Plans: [scan] }
    expect(planOf({ queryPlanner: { Plan: { 'Node Type': 'Limit', Plans: [sorted] } } })).toEqual({
      indexes: ['by_age'],
      readsAll: false,
      sorts: true,
    })
    expect(planOf({ queryPlanner: { Plan: { 'Node Type': 'Seq Scan' } } }).readsAll).toBe(true)
  })
})
