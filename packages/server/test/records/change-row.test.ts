import { expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { changeRow } from '../../src/records/change-row.ts'
import { openTables } from '../../src/records/tables.ts'

it('of a hundred who change one row at once each succeeds', async () => {
  await using store = createSqliteMetadataStore({ path: ':memory:' })
  const { usage } = await openTables(store)
  await usage.insert({ _id: 'one', revision: 0, created_at: new Date(), bytes: 0, documents: 0, counted_at: new Date() })
  await Promise.all(Array.from({ length: 100 }, () => changeRow(usage, 'one', ({ documents }) => ({ documents: documents + 1 }))))
  expect(await usage.get('one')).toMatchObject({ documents: 100 })
})
