import { expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import { openTables } from '../../src/records/tables.ts'
import { takeTurn } from '../../src/turns/take-turn.ts'

it('work that takes turns is done one after the other, whoever does it', async () => {
  await using store = createSqliteMetadataStore({ path: ':memory:' })
  const { locks } = await openTables(store)
  await using here = createTableLock(locks)
  await using there = createTableLock(locks)
  let working = 0
  let most = 0
  const work = async (lock: typeof here): Promise<void> => {
    await using _turn = await takeTurn(lock, 'work', 'busy')
    most = Math.max(most, ++working)
    await locks.get('anything')
    working--
  }
  await Promise.all(Array.from({ length: 20 }, (_, index) => work(index % 2 ? here : there)))
  expect(most).toBe(1)
})

it('whoever was killed in her turn keeps the next one out only until it has expired', async () => {
  await using store = createSqliteMetadataStore({ path: ':memory:' })
  const { locks } = await openTables(store)
  await using lock = createTableLock(locks)
  const expires_at = new Date(Date.now() + 300)
  await locks.insert({ _id: 'work', revision: 0, created_at: new Date(), holder: 'killed', expires_at })
  await using _turn = await takeTurn(lock, 'work', 'busy')
  expect(Date.now()).toBeGreaterThanOrEqual(expires_at.getTime())
})
