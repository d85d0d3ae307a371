import { expect, it } from 'vitest'
import type { ListQuery } from '../ports/metadata-store.ts'
import { idOf, itemOf, items, type StoreUnderTest } from './metadata-store-items.ts'

const COUNT = 103

/** Long lists, page by page. */
export function describePages({ table, store }: StoreUnderTest): void {
  /** Rows of three groups; ranks come four times each. */
  const fill = async (): Promise<void> => {
    for (let i = 0; i < COUNT; i++)
      await table().insert(itemOf(2 * i, { group: `g${i % 3}`, rank: Math.floor((i * 37) % 26), tags: ['all', `t${i % 2}`] }))
  }
  const walked = async (query: ListQuery, between?: (page: number) => Promise<unknown>): Promise<string[]> => {
    const ids: string[] = []
    let after: string | null | undefined
    for (let page = 0; after !== null; page++) {
      const found = await table().list(after === undefined ? query : { ...query, after })
      expect(found.rows.length).toBeLessThanOrEqual(query.limit)
      ids.push(...found.rows.map(({ _id }) => _id))
      after = found.next
      if (after !== null) await between?.(page)
    }
    return ids
  }

  const queries: [string, Omit<ListQuery, 'limit'>][] = [
    ['a whole index', { index: 'by_group' }],
    ['a whole index backwards', { index: 'by_group', order: 'descending' }],
    ['rows of one value', { index: 'by_group', equals: ['g1'] }],
    ['rows of one value backwards', { index: 'by_group', equals: ['g1'], order: 'descending' }],
    ['rows of equal values alone', { index: 'by_value' }],
    ['a range', { index: 'by_group', equals: ['g2'], range: { from: 3, below: 20 } }],
    ['a range backwards', { index: 'by_group', equals: ['g2'], range: { from: 3, below: 20 }, order: 'descending' }],
    ['an item of a list', { index: 'by_tag', equals: ['all'] }],
  ]
  it.each(queries)('give %s as one long page does', async (_, query) => {
    await fill()
    const whole = (await table().list({ ...query, limit: 1000 })).rows.map(({ _id }) => _id)
    expect(whole.length).toBeGreaterThan(10)
    for (const limit of [1, 7, whole.length - 1, whole.length, whole.length + 1]) expect(await walked({ ...query, limit })).toEqual(whole)
  })

  it('end where the last row is, also when a page is full', async () => {
    for (let i = 0; i < 10; i++) await table().insert(itemOf(i))
    const first = await table().list({ index: 'by_value', limit: 5 })
    const second = await table().list({ index: 'by_value', limit: 5, after: first.next! })
    expect(second.rows).toHaveLength(5)
    expect(second.next).toBeNull()
    expect(await table().list({ index: 'by_value', equals: ['none'], limit: 5 })).toEqual({ rows: [], next: null })
  })

  it.each(['ascending', 'descending'] as const)('give what is there throughout once, %s, while others write', async (order) => {
    await fill()
    const query: ListQuery = { index: 'by_group', order, limit: 5 }
    const before = await walked({ ...query, limit: 1000 })
    const gone = new Set<string>()
    const ids = await walked(query, async (page) => {
      // The row on which the cursor stands, one that was seen and one that comes later.
      for (const place of [page * 5 + 4, page * 5, page * 5 + 7]) {
        const id = before[place]
        if (id === undefined) continue
        gone.add(id)
        await table().delete(id)
      }
      const unchanged = (await table().get(before[page * 5 + 8] ?? ''))!
      if (unchanged) await table().replaceIf({ ...unchanged, note: 'in the same place' })
      for (const group of ['g0', 'g1', 'g2']) await table().insert(itemOf(2 * (page * 3 + Number(group[1])) + 1, { group, rank: page }))
    })
    const old = new Set(before)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => old.has(id) && !gone.has(id))).toEqual(before.filter((id) => !gone.has(id)))
    expect(ids.length).toBeGreaterThan(before.length - gone.size)
  })

  it('may be of different lengths', async () => {
    await fill()
    const first = await table().list({ index: 'by_group', limit: 3 })
    const rest = await table().list({ index: 'by_group', limit: 1000, after: first.next! })
    expect(first.rows.length + rest.rows.length).toBe(COUNT)
  })

  it('refuse a cursor of another list, and what is no cursor', async () => {
    await fill()
    const other = { ...items, name: 'contract_others' }
    await store().migrate([other])
    const query: ListQuery = { index: 'by_group', equals: ['g1'], range: { from: 1 }, limit: 2 }
    const after = (await table().list(query)).next!
    expect((await table().list({ ...query, after })).rows).toHaveLength(2)
    const wrong: ListQuery[] = [
      { ...query, index: 'by_tag' },
      { ...query, equals: ['g2'] },
      { ...query, equals: [], range: { from: 'g1' } },
      { ...query, order: 'descending' },
      { ...query, range: { from: 2 } },
      { ...query, range: { below: 1 } },
      { index: 'by_group', equals: ['g1'], limit: 2 },
    ]
    for (const asked of wrong) await expect(table().list({ ...asked, after })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(
      store()
        .table(other)
        .list({ ...query, after }),
    ).rejects.toMatchObject({ code: 'USAGE' })
    for (const text of ['', 'x', ' ', '0', idOf(1), `${after} `, `${after}!`, after.slice(0, 5), 5 as never, {} as never]) {
      await expect(table().list({ ...query, after: text })).rejects.toMatchObject({ code: 'USAGE' })
    }
  })
}
