import { expect, it } from 'vitest'
import type { IndexDefinition, TableDefinition } from '../ports/metadata-store.ts'
import { type Item, idOf, itemOf, items, type StoreUnderTest } from './metadata-store-items.ts'

const tableOf = (indexes: Record<string, IndexDefinition>, name = 'contract_moving'): TableDefinition<Item> => ({ name, indexes })
const byValue = tableOf({ by_value: { fields: ['value'] } })
const byRank = tableOf({ by_rank: { fields: ['rank'] } })

/** Tables and indexes that come, change and go. */
export function describeMigrations({ table, store, another }: StoreUnderTest): void {
  const ranks = async (definition: TableDefinition<Item>, index: string) =>
    (await store().table(definition).list({ index, limit: 1000 })).rows.map((row) => row['rank'])

  it('change nothing when they are done again', async () => {
    for (let i = 0; i < 5; i++) await table().insert(itemOf(i, { value: -i, name: `n${i}`, tags: ['a', 'b'] }))
    const before = await table().list({ index: 'by_value', limit: 3 })
    await store().migrate([items])
    await store().migrate([items, items])
    expect(await table().list({ index: 'by_value', limit: 3 })).toEqual(before)
    expect((await table().list({ index: 'by_value', limit: 3, after: before.next! })).rows).toHaveLength(2)
    expect(await table().count('by_tag', ['a'])).toBe(5)
  })

  it('put the rows that are there into a new index', async () => {
    await store().migrate([byValue])
    for (let i = 0; i < 40; i++)
      await store()
        .table(byValue)
        .insert(itemOf(i, { value: i, rank: 40 - i }))
    await store().migrate([tableOf({ ...byValue.indexes, ...byRank.indexes })])
    expect(await ranks(byValue, 'by_rank')).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(await ranks(byValue, 'by_value')).toEqual(Array.from({ length: 40 }, (_, i) => 40 - i))
  })

  it('remove an index that is not declared any more, and make it again from what was written meanwhile', async () => {
    await store().migrate([byValue])
    await store()
      .table(byValue)
      .insert(itemOf(1, { value: 1, rank: 1 }))
    await store().migrate([byRank])
    await expect(store().table(byValue).count('by_value')).rejects.toMatchObject({ code: 'USAGE' })
    await store()
      .table(byRank)
      .insert(itemOf(2, { value: 0, rank: 2 }))
    await store()
      .table(byRank)
      .replaceIf(itemOf(1, { value: -5, rank: 1 }))
    await store().migrate([byValue])
    expect(await ranks(byValue, 'by_value')).toEqual([1, 2])
  })

  it('make an index anew when its fields change, or when it becomes unique or stops being so', async () => {
    const indexed = (definition: IndexDefinition) => tableOf({ by_any: definition })
    await store().migrate([indexed({ fields: ['value'] })])
    const rows = store().table(indexed({ fields: ['value'] }))
    for (let i = 0; i < 4; i++) await rows.insert(itemOf(i, { value: i, rank: 3 - i }))
    await store().migrate([indexed({ fields: ['rank'], unique: true })])
    expect(await ranks(byRank, 'by_any')).toEqual([0, 1, 2, 3])
    await expect(rows.insert(itemOf(9, { rank: 1 }))).rejects.toMatchObject({ details: { index: 'by_any' } })
    await store().migrate([indexed({ fields: ['rank'] })])
    await rows.insert(itemOf(9, { rank: 1 }))
    expect(await rows.count('by_any', [1])).toBe(2)
  })

  it('say which unique index rows collide in, and leave the table usable', async () => {
    await store().migrate([byValue])
    const rows = store().table(byValue)
    for (let i = 0; i < 3; i++) await rows.insert(itemOf(i, { value: i, rank: 1 }))
    const unique = tableOf({ ...byValue.indexes, by_rank: { fields: ['rank'], unique: true } })
    await expect(store().migrate([unique])).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { index: 'by_rank' } })
    await store().migrate([byValue])
    expect(await rows.count('by_value')).toBe(3)
    await rows.insert(itemOf(7, { value: 7, rank: 1 }))
  })

  it('leave alone the tables that they are not given', async () => {
    await table().insert(itemOf(1, { value: 5 }))
    await store().migrate([byValue])
    await store().migrate([])
    expect(await table().count('by_value', [5])).toBe(1)
    expect(await store().table(byValue).count('by_value')).toBe(0)
  })

  it('are needed before a table is used', async () => {
    const rows = store().table(tableOf({}, 'contract_unknown'))
    await expect(rows.get(idOf(1))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(rows.insert(itemOf(1))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('keep names apart that belong to every object', async () => {
    const odd = tableOf({ constructor: { fields: ['value'] } }, 'constructor')
    await store().migrate([odd])
    await store()
      .table(odd)
      .insert(itemOf(1, { value: 1 }))
    expect(await store().table(odd).count('constructor', [1])).toBe(1)
  })

  it.each(['', 'A', 'a.b', 'a b', 'a"b', "a'b", '1a', '__proto__', 'sqlite_sequence', 'x'.repeat(41)])(
    'refuse the name %j',
    async (name) => {
      await expect(store().migrate([tableOf({}, name)])).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
      const index = Object.fromEntries([[name, { fields: ['value'] }]])
      await expect(store().migrate([tableOf(index)])).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    },
  )

  it.each([[[]], [['']], [['a', 'a']], [['a..b']], [['a.']]])('refuse the fields %j', async (fields) => {
    await expect(store().migrate([tableOf({ by_any: { fields } })])).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })

  if (another) {
    it('are found by another process, with the rows', async () => {
      await table().insert(itemOf(1, { value: 5, name: 'a' }))
      await using other = await another()
      await other.migrate([items])
      expect(await other.table(items).get(idOf(1))).toEqual(itemOf(1, { value: 5, name: 'a' }))
      expect(await other.table(items).count('by_value', [5])).toBe(1)
      await expect(other.table(items).insert(itemOf(2, { name: 'a' }))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
      await other.table(items).insert(itemOf(3, { value: 4 }))
      expect((await table().list({ index: 'by_value', limit: 9 })).rows.map(({ _id }) => _id)).toEqual([idOf(3), idOf(1)])
    })
  }
}
