import type { Stored, TableDefinition } from '@imagedoc/core'
import { expect, it } from 'vitest'
import { createMongodbConnection } from '../../src/drivers/mongodb/connection.ts'
import type { StoredDocument } from '../../src/drivers/mongodb/document.ts'
import { layoutOf } from '../../src/drivers/mongodb/layout.ts'
import { createMongodbTable } from '../../src/drivers/mongodb/table.ts'
import { fakeMongodb } from '../support/fake-mongodb.ts'

const items: TableDefinition = { name: 'items', indexes: { by_age: { fields: ['created_at'] } } }
const row: Stored = { _id: '0123456789abcdef01234567', revision: 0, created_at: new Date(0) }

it.each([
  ['replica set', 'wait for its majority and its journal', { w: 'majority', j: true }],
  ['single server', 'are answered', { w: 1 }],
] as const)('writes to a %s %s, and reads are of the primary, whatever the URL says', async (kind, _, writeConcern) => {
  await using server = await fakeMongodb(kind)
  await using connection = createMongodbConnection(`${server.url}/x?w=0&readPreference=secondary`)
  const { db, makeId } = await connection.opened()
  const collection = db.collection<StoredDocument>('items')
  const table = createMongodbTable<Stored>((work) => work({ layout: layoutOf(items), collection, makeId }))
  await table.insert(row)
  await table.replaceIf(row)
  await table.delete(row._id)
  await collection.bulkWrite([{ updateOne: { filter: {}, update: { $set: { a: 1 } } } }])
  await collection.createIndex({ a: 1 })
  await table.get(row._id)
  const writes = server.asked.filter((command) => ['insert', 'update', 'delete', 'createIndexes'].some((name) => name in command))
  expect(writes.map((command) => command['writeConcern'])).toEqual(writes.map(() => writeConcern))
  expect(writes).toHaveLength(5)
  const reads = server.asked.filter((command) => 'find' in command)
  expect(reads).toHaveLength(1)
  // A server by itself is asked for more than that when it is the only one.
  expect(reads[0]?.['$readPreference']?.mode ?? 'primary').toMatch(/^primary(?:Preferred)?$/)
})
