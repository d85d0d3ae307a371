import { expect, it } from 'vitest'
import { isImageDocError } from '../errors/error.ts'
import type { Table } from '../ports/metadata-store.ts'
import { type Item, idOf, itemOf, items, type StoreUnderTest } from './metadata-store-items.ts'

/** 200 writers of one row are in each other's way: over a network that takes a while. */
const CONTENDED = 120_000

/** Many at once, here and, where it can be, from two processes. */
export function describeWriters({ table, another }: StoreUnderTest): void {
  const bySides: [string, <T>(work: (sides: Table<Item>[]) => Promise<T>) => Promise<T>][] = [
    ['one store', (work) => work([table(), table()])],
  ]
  if (another) {
    bySides.push([
      'two stores',
      async (work) => {
        await using other = await another()
        await other.migrate([items])
        // Awaited, so that the store is there until it is done.
        return await work([table(), other.table(items)])
      },
    ])
  }

  it.each(bySides)('have one winner of 50 compare-and-sets, in %s', async (_, on) => {
    await on(async (sides) => {
      await table().insert(itemOf(1, { value: 0 }))
      const outcomes = await Promise.all(times(50, (i) => sides[i % 2]!.replaceIf(itemOf(1, { value: i + 1 }))))
      const winners = outcomes.filter((row) => row !== undefined)
      expect(winners).toHaveLength(1)
      expect(await table().get(idOf(1))).toEqual(winners[0])
      expect(await table().list({ index: 'by_value', limit: 9 })).toEqual({ rows: winners, next: null })
    })
  })

  it.each(bySides)(
    'count 200 increments to 200, in %s',
    async (_, on) => {
      await on(async (sides) => {
        await table().insert(itemOf(1, { value: 0 }))
        await Promise.all(times(200, (i) => increment(sides[i % 2]!)))
        expect(await table().get(idOf(1))).toMatchObject({ value: 200, revision: 200 })
        expect(await table().count('by_value', [200])).toBe(1)
        expect(await table().count('by_value')).toBe(1)
      })
    },
    CONTENDED,
  )

  it.each(bySides)('insert one of 50 rows of one unique name, and one of 50 of one id, in %s', async (_, on) => {
    await on(async (sides) => {
      const names = await Promise.all(times(50, (i) => outcome(sides[i % 2]!.insert(itemOf(i, { name: 'a' })))))
      expect(names.toSorted()).toEqual([...times(49, () => 'by_name'), 'done'])
      expect(await table().count('by_value')).toBe(1)
      const ids = await Promise.all(times(50, (i) => outcome(sides[i % 2]!.insert(itemOf(1000, { name: `b${i}` })))))
      expect(ids.toSorted()).toEqual([...times(49, () => '_id'), 'done'])
      expect(await table().count('by_name')).toBe(2)
    })
  })

  it.each(bySides)('either change or delete a row at one revision, in %s', async (_, on) => {
    await on(async (sides) => {
      await table().insert(itemOf(1))
      const outcomes = await Promise.all(
        times(50, async (i) => {
          const side = sides[i % 2]!
          return i % 3 ? Boolean(await side.replaceIf(itemOf(1, { value: i }))) : side.delete(idOf(1), 0)
        }),
      )
      expect(outcomes.filter(Boolean)).toHaveLength(1)
      expect(await table().count('by_value')).toBe((await table().get(idOf(1))) ? 1 : 0)
    })
  })

  it.each(bySides)('may write different rows at once, in %s', async (_, on) => {
    await on(async (sides) => {
      await Promise.all(times(200, (i) => sides[i % 2]!.insert(itemOf(i, { group: 'g', rank: i, name: `n${i}` }))))
      await Promise.all(times(200, (i) => (i % 4 ? undefined : sides[i % 2]!.delete(idOf(i)))))
      const { rows } = await table().list({ index: 'by_group', equals: ['g'], limit: 1000 })
      expect(rows.map((row) => row['rank'])).toEqual(times(200, (i) => i).filter((i) => i % 4))
    })
  })
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** `done`, or the index that was in the way. */
async function outcome(insert: Promise<void>): Promise<string> {
  try {
    await insert
    return 'done'
  } catch (error) {
    if (isImageDocError(error) && error.code === 'ALREADY_EXISTS') return String((error.details as { index: string }).index)
    throw error
  }
}

async function increment(table: Table<Item>): Promise<void> {
  for (;;) {
    const row = (await table.get(idOf(1)))!
    if (await table.replaceIf({ ...row, value: (row['value'] as number) + 1 })) return
  }
}
