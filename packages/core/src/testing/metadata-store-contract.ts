import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MetadataStore } from '../ports/metadata-store.ts'
import { idOf, itemOf, items, type StoreUnderTest } from './metadata-store-items.ts'
import { describeLists } from './metadata-store-lists.ts'
import { describeMigrations } from './metadata-store-migrations.ts'
import { describePages } from './metadata-store-pages.ts'
import { describeRows } from './metadata-store-rows.ts'
import { describeWriters } from './metadata-store-writers.ts'

/** How the suite makes the store that it examines. */
export interface MetadataStoreContract {
  /** An empty store, without tables; called before every test. The suite disposes of it. */
  create(): Promise<MetadataStore>
  /** Another store over the same place, as another process has it. Without it those tests are left out. The suite disposes of it. */
  another?(): Promise<MetadataStore>
}

/**
 * What every MetadataStore must do; to be called in a test file. It asks for nothing that MongoDB without transactions and collations cannot do.
 * @example describeMetadataStoreContract('SQLite', { create: async () => createSqliteMetadataStore({ path: ':memory:' }) })
 */
export function describeMetadataStoreContract(name: string, contract: MetadataStoreContract): void {
  describe(`${name} keeps the contract of a metadata store`, () => {
    let store: MetadataStore
    beforeEach(async () => {
      store = await contract.create()
      await store.migrate([items])
    })
    afterEach(async () => store[Symbol.asyncDispose]())
    const under: StoreUnderTest = { another: contract.another?.bind(contract), store: () => store, table: () => store.table(items) }

    describe('rows', () => describeRows(under))
    describe('many writers', () => describeWriters(under))
    describe('lists', () => describeLists(under))
    describe('pages', () => describePages(under))
    describe('migrations', () => describeMigrations(under))

    it('answers a ping', async () => {
      await store.ping()
    })

    it('says STORE_UNAVAILABLE to every call once it is disposed of', async () => {
      const table = store.table(items)
      await table.insert(itemOf(1))
      await store[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      for (const call of [
        () => store.ping(),
        () => store.migrate([items]),
        () => table.get(idOf(1)),
        () => table.insert(itemOf(2)),
        () => table.replaceIf(itemOf(1)),
        () => table.delete(idOf(1)),
        () => table.list({ index: 'by_value', limit: 1 }),
        () => table.count('by_value'),
        () => store.table(items).get(idOf(1)),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      }
    })
  })
}
