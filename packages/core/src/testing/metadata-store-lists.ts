import { expect, it } from 'vitest'
import type { IndexValue, ListQuery } from '../ports/metadata-store.ts'
import { itemOf, type StoreUnderTest } from './metadata-store-items.ts'

/** Values of one type each, in their order. */
const ordered: [type: string, values: readonly NonNullable<IndexValue>[]][] = [
  [
    'text',
    [
      '',
      '\0',
      ' ',
      '$a',
      '0',
      '10',
      '9',
      'A',
      'Z',
      'a',
      'a\0',
      'a\0b',
      'a\u0001',
      'aa',
      'b',
      '~',
      'é',
      'ü',
      '漢',
      '😀',
      '\u{10ffff}',
      '\ue000',
      '\uffff',
    ],
  ],
  ['numbers', [-1e308, -(2 ** 53), -256, -255.5, -1, -5e-324, 0, 5e-324, 0.1, 1, 2, 10, 255, 256, 2 ** 31, 2 ** 53, 1e308]],
  ['booleans', [false, true]],
  [
    'dates',
    [
      '0001-01-01',
      '1755-11-01',
      '1969-12-31T23:59:59.999',
      '1970-01-01',
      '2026-11-25T12:00:00.001',
      '2026-11-25T12:00:00.002',
      '9999-12-31',
    ].map(date),
  ],
]

/** Reads by an index. */
export function describeLists({ table, store }: StoreUnderTest): void {
  const fill = async (members: readonly Record<string, unknown>[]): Promise<void> => {
    for (const [i, member] of members.entries()) await table().insert(itemOf(i, { position: i, ...member }))
  }
  /** Of the rows that the query gives, their member `position`. */
  const positions = async (query: Omit<ListQuery, 'limit'>): Promise<unknown[]> => {
    const { rows } = await table().list({ limit: 1000, ...query })
    return rows.map((row) => row['position'])
  }

  it.each(ordered)('put %s in their order, behind what is null or missing', async (_, values) => {
    // Not inserted in order, so that the order of insertion is of no help.
    const shuffled = values.map((value, i) => ({ value, position: i })).toSorted((a, b) => ((a.position * 7) % 5) - ((b.position * 7) % 5))
    await fill([...shuffled, { value: null, position: 'null' }, { position: 'missing' }])
    const wanted = ['null', 'missing', ...values.keys()]
    expect(await positions({ index: 'by_value' })).toEqual(wanted)
    expect(await positions({ index: 'by_value', order: 'descending' })).toEqual(wanted.toReversed())
  })

  it.each(ordered)('find %s by a value, whatever else has another type', async (_, values) => {
    await fill([...values.map((value) => ({ value })), { value: null }, {}, ...strangers(values)])
    for (const [i, value] of values.entries()) {
      expect(await positions({ index: 'by_value', equals: [value] })).toEqual([i])
      expect(await table().count('by_value', [value])).toBe(1)
    }
    expect(await positions({ index: 'by_value', equals: [null] })).toEqual([values.length, values.length + 1])
  })

  it.each(ordered)('find %s between two, and what is null or missing only from the beginning on', async (_, values) => {
    await fill([...values.map((value) => ({ value })), { value: null }, {}])
    const all = [...values.keys()]
    const empty = [values.length, values.length + 1]
    const between = (range: ListQuery['range'], order: ListQuery['order'] = 'ascending') => positions({ index: 'by_value', order, range })
    for (const [i, value] of values.entries()) {
      expect(await between({ from: value })).toEqual(all.slice(i))
      expect(await between({ below: value })).toEqual([...empty, ...all.slice(0, i)])
      expect(await between({ from: null, below: value }, 'descending')).toEqual([...empty, ...all.slice(0, i)].reverse())
      expect(await between({ from: values[1]!, below: value })).toEqual(all.slice(1, Math.max(i, 1)))
    }
    expect(await between({ from: null })).toEqual([...empty, ...all])
    expect(await between({ below: null })).toEqual([])
    expect(await between({})).toEqual([...empty, ...all])
  })

  it('take 0 and -0 for one value', async () => {
    await fill([{ value: 0 }, { value: -0 }])
    expect(await positions({ index: 'by_value', equals: [-0] })).toEqual([0, 1])
    expect(await positions({ index: 'by_value', range: { from: 0 } })).toEqual([0, 1])
  })

  it('put rows of equal values in order of their ids', async () => {
    await fill([{ value: 'b' }, { value: 'a' }, { value: 'b' }, { value: 'a' }, { value: 'b' }])
    expect(await positions({ index: 'by_value' })).toEqual([1, 3, 0, 2, 4])
    expect(await positions({ index: 'by_value', order: 'descending' })).toEqual([4, 2, 0, 3, 1])
    expect(await positions({ index: 'by_value', equals: ['b'], order: 'descending' })).toEqual([4, 2, 0])
  })

  it('order by several fields, one after another', async () => {
    const pairs: [IndexValue, IndexValue][] = [
      ['b', 1],
      ['a', 2],
      ['ab', 1],
      ['a', 10],
      ['a', null],
      ['', 3],
      [null, 4],
      ['a', 2],
    ]
    await fill(pairs.map(([group, rank]) => ({ group, rank })))
    expect(await positions({ index: 'by_group' })).toEqual([6, 5, 4, 1, 7, 3, 2, 0])
    expect(await positions({ index: 'by_group', equals: ['a'] })).toEqual([4, 1, 7, 3])
    expect(await positions({ index: 'by_group', equals: ['a', 2] })).toEqual([1, 7])
    expect(await positions({ index: 'by_group', equals: ['a', null] })).toEqual([4])
    expect(await positions({ index: 'by_group', equals: ['a'], range: { below: 10 } })).toEqual([4, 1, 7])
    expect(await positions({ index: 'by_group', equals: ['a'], range: { from: 10 } })).toEqual([3])
    expect(await positions({ index: 'by_group', range: { from: 'a', below: 'b' }, order: 'descending' })).toEqual([2, 3, 7, 1, 4])
    expect(await table().count('by_group', ['a'])).toBe(4)
    expect(await table().count('by_group', [])).toBe(8)
  })

  it('find a row by each different item of a list', async () => {
    await fill([
      { tags: ['x', 'y', 'x'], rank: 2 },
      { tags: ['y'], rank: 1 },
      { tags: [], rank: 1 },
      { tags: 'x', rank: 1 },
      { tags: ['x', null], rank: 3 },
    ])
    expect(await positions({ index: 'by_tag', equals: ['x'] })).toEqual([3, 0, 4])
    expect(await positions({ index: 'by_tag', equals: ['y'], order: 'descending' })).toEqual([0, 1])
    expect(await positions({ index: 'by_tag', equals: ['x'], range: { from: 2 } })).toEqual([0, 4])
    expect(await positions({ index: 'by_tag', equals: ['z'] })).toEqual([])
    expect(await table().count('by_tag', ['x'])).toBe(3)
  })

  it('find a row by a member of the items of a list', async () => {
    const members = (...ids: string[]) => ({ members: ids.map((user_id) => ({ user_id, role: 'viewer' })), rank: ids.length })
    await fill([members('ann', 'bob'), members('bob'), members(), members('bob', 'ann', 'ann', 'cid')])
    expect(await positions({ index: 'by_member', equals: ['ann'] })).toEqual([0, 3])
    expect(await positions({ index: 'by_member', equals: ['bob'] })).toEqual([1, 0, 3])
    await table().replaceIf(itemOf(0, { position: 0, ...members('cid') }))
    expect(await positions({ index: 'by_member', equals: ['ann'] })).toEqual([3])
    expect(await positions({ index: 'by_member', equals: ['cid'] })).toEqual([0, 3])
    await table().delete(itemOf(3)._id)
    expect(await table().count('by_member', ['cid'])).toBe(1)
  })

  it('follow changes of a row', async () => {
    await fill([{ value: 1 }, { value: 2 }])
    await table().replaceIf(itemOf(0, { position: 0, value: 3 }))
    expect(await positions({ index: 'by_value' })).toEqual([1, 0])
    await table().replaceIf({ ...itemOf(0, { position: 0 }), revision: 1 })
    expect(await positions({ index: 'by_value' })).toEqual([0, 1])
  })

  it('see own members alone', async () => {
    const proto = { name: 'contract_proto', indexes: { by_name: { fields: ['constructor.name'] }, by_proto: { fields: ['__proto__'] } } }
    await store().migrate([proto])
    const rows = store().table(proto)
    await rows.insert(itemOf(1))
    await rows.insert(
      JSON.parse('{"constructor":{"name":"x"},"__proto__":"y"}', (key, value) => (key === '' ? Object.assign(value, itemOf(2)) : value)),
    )
    expect(await rows.count('by_name', [null])).toBe(1)
    expect(await rows.count('by_name', ['x'])).toBe(1)
    expect(await rows.count('by_proto', [null])).toBe(1)
    expect(await rows.count('by_proto', ['y'])).toBe(1)
  })

  it.each<[string, Partial<ListQuery>]>([
    ['an index that is not declared', { index: 'by_nothing' }],
    ['an index named as a member of every object', { index: 'constructor' }],
    ['the id as an index', { index: '_id' }],
    ['more values than fields', { equals: ['a', 'b'] }],
    ['a range behind the last field', { equals: ['a'], range: { from: 'b' } }],
    ['bounds of two types', { range: { from: 'a', below: 5 } }],
    ['a value that is an object', { equals: [{ $ne: null } as never] }],
    ['a value that is not there', { equals: [undefined as never] }],
    ['a value that is no number', { equals: [Number.NaN] }],
    ['a value that is no date', { range: { from: new Date(Number.NaN) } }],
    ['half of a surrogate pair', { equals: ['\ud800'] }],
    ['no rows at all', { limit: 0 }],
    ['more than 1000 rows', { limit: 1001 }],
    ['half a row', { limit: 1.5 }],
    ['an order that is none', { order: 'random' as never }],
  ])('refuse %s', async (_, query) => {
    await fill([{ value: 'a' }])
    const asked = { index: 'by_value', limit: 10, ...query }
    await expect(table().list(asked)).rejects.toMatchObject({ code: 'USAGE' })
    const counted = !('limit' in query || 'order' in query || 'range' in query)
    if (counted) await expect(table().count(asked.index, asked.equals)).rejects.toMatchObject({ code: 'USAGE' })
  })
}

/** Values of the other types, which must not be taken for these. */
function strangers(values: readonly NonNullable<IndexValue>[]): { value: IndexValue }[] {
  const all: NonNullable<IndexValue>[] = ['1970-01-01T00:00:00.000Z', 'true', '1', 1.25, 1764072000001, true, false, new Date(1)]
  const kind = (value: NonNullable<IndexValue>) => Object.prototype.toString.call(value)
  return all.filter((value) => kind(value) !== kind(values[0]!)).map((value) => ({ value }))
}

function date(text: string): Date {
  return new Date(text.includes('T') ? `${text}Z` : text)
}
