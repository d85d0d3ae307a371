import { setTimeout as sleep } from 'node:timers/promises'
import { ImageDocError, type MetadataStore, type Table } from '@imagedoc/core'
import { describeLockContract } from '@imagedoc/core/testing'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import { type HeldLock, locks } from '../../src/records/instance.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'

const server = mongodbUrl()

describe.skipIf(!server)(noMongodb ?? 'On MongoDB', () => {
  const { url } = freshDatabases(server ?? nowhere)()
  const stores: MetadataStore[] = []
  let broken = false
  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      stores.push(createMongodbMetadataStore({ url }))
      await stores[i]!.migrate([locks])
    }
  })
  afterAll(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    broken = false
  })

  /** The table as a process sees it whose line to the database breaks. */
  function overALine(table: Table<HeldLock>): Table<HeldLock> {
    const over = async <T>(call: () => Promise<T>): Promise<T> => {
      if (broken) throw new ImageDocError('STORE_UNAVAILABLE', 'The line is broken.')
      return call()
    }
    return {
      get: (id) => over(() => table.get(id)),
      insert: (row) => over(() => table.insert(row)),
      replaceIf: (row) => over(() => table.replaceIf(row)),
      delete: (id, revision) => over(() => table.delete(id, revision)),
      list: (query) => over(() => table.list(query)),
      count: (index, equals) => over(() => table.count(index, equals)),
    }
  }

  // The clock of the servers is the real one. Leases that a test leaves behind end before the next one begins.
  const ttlMs = 1500
  describeLockContract('the lock on a table', {
    ttlMs,
    pass: (ms) => sleep(ms),
    async create() {
      for (const { _id } of await held()) await stores[0]!.table(locks).delete(_id)
      return createTableLock(overALine(stores[0]!.table(locks)))
    },
    another: async () => createTableLock(stores[1]!.table(locks)),
    async cut() {
      broken = true
      return async () => {
        broken = false
      }
    },
  })

  async function held(): Promise<{ _id: string }[]> {
    const names = ['sweep', 'a', 'A', 'a:b', 'a.b', '$a', 'a*', '__proto__', 'constructor', 'Straße 😀', 'x'.repeat(512)]
    return names.map((_id) => ({ _id }))
  }
})
