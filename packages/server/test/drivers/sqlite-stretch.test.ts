import { expect, it } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'

interface Note {
  readonly _id: string
  readonly revision: number
  readonly created_at: Date
}

const notes = { name: 'notes', indexes: { by_age: { fields: ['created_at'] } } }

it('a loop of calls to the embedded database lets timers have their turn', async () => {
  await using store = createSqliteMetadataStore({ path: ':memory:' })
  await store.migrate([notes])
  const table = store.table<Note>(notes)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const until = performance.now() + 300
  for (let i = 0; performance.now() < until; i++) await table.insert({ _id: String(i), revision: 0, created_at: new Date() })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(2)
})
