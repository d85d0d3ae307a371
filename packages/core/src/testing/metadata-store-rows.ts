import { expect, it } from 'vitest'
import { type Item, idOf, itemOf, type StoreUnderTest } from './metadata-store-items.ts'

/** Bodies that a careless driver changes. */
const bodies: [what: string, body: unknown][] = [
  ['nothing', {}],
  ['every kind of value', { text: 'ü', none: null, yes: true, no: false, whole: 3, real: -1.5e-7, list: [1, [2, []], {}] }],
  ['empty text, an empty list and an empty object', { text: '', '': 1, list: [], object: {} }],
  ['numbers at their limits', [2 ** 53, -(2 ** 53), Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 31, -(2 ** 31) - 1]],
  ['dates', { at: new Date(0), list: [new Date('1755-11-01T09:40:00.123Z'), { deep: new Date('9999-12-31T23:59:59.999Z') }] }],
  ['objects that look like dates', [{ $date: '2026-01-01T00:00:00.000Z' }, { $date: 5 }, { $$date: 'x' }, { $date: 'x', more: 1 }]],
  ['a date in an object that looks like one', { $date: new Date(5), list: [{ $date: { $date: new Date(6) } }, { $$$date: [] }] }],
  ['text that looks like a date', '2026-01-01T00:00:00.000Z'],
  ['keys of MongoDB', { $gt: 1, $where: 'true', $set: { $inc: 1 }, $oid: 'x', _id: 5, 'a.b': { '.': 1, 'c.': 2 }, $: 3 }],
  [
    'keys of every object',
    JSON.parse('{"__proto__":{"x":[{"__proto__":null}]},"constructor":{"prototype":1},"toString":"s","hasOwnProperty":2}'),
  ],
  ['keys that are numbers', { 0: 'a', 1: 'b', length: 2 }],
  ['text with control characters', 'a\0b\u0001\n\r\t\u2028\ufeff\ufffe"\\\''],
  ['text beyond the first plane', '😀\u{10ffff}\ue000\uffff'],
]

/** What no driver may take, since another could not keep it. */
const refused: [what: string, members: Record<string, unknown>][] = [
  ['half of a surrogate pair', { value: 'a\ud800' }],
  ['half of a surrogate pair in a body', { body: [{ deep: '\udc00' }] }],
  ['half of a surrogate pair in a key', { body: { '\ud800': 1 } }],
  ['a NUL in a key', { body: { 'a\0': 1 } }],
  ['NaN', { body: Number.NaN }],
  ['infinity', { value: Number.NEGATIVE_INFINITY }],
  ['an invalid date', { value: new Date(Number.NaN) }],
  ['a bigint', { body: 1n }],
  ['a function', { body: () => 1 }],
  ['a symbol', { body: Symbol('x') }],
  ['a map', { body: new Map() }],
  ['bytes', { body: new Uint8Array(2) }],
  ['undefined in a list', { body: [1, undefined] }],
  ['a list with a gap', { body: new Array(2) }],
  ['an object where an index orders', { value: { a: 1 } }],
  ['two lists in one index', { tags: ['a'], rank: [1, 2] }],
  ['an empty id', { _id: '' }],
  ['an id with a NUL', { _id: 'a\0b' }],
  ['an id that is too long', { _id: 'x'.repeat(513) }],
  ['a revision that is none', { revision: -1 }],
  ['a date of creation that is none', { created_at: '2026-01-01' }],
]

/** One row at a time. */
export function describeRows({ table }: StoreUnderTest): void {
  it.each(bodies)('gives back %s as it was put', async (_, body) => {
    const row = itemOf(1, { body })
    await table().insert(row)
    expectSame(await table().get(row._id), row)
    const changed = await table().replaceIf({ ...row, body: [body, body] })
    expectSame(changed, { ...row, revision: 1, body: [body, body] })
    expectSame(await table().get(row._id), { ...row, revision: 1, body: [body, body] })
  })

  it('keeps a row of a megabyte', async () => {
    const row = itemOf(1, { text: 'Straße '.repeat(130_000), list: Array.from({ length: 20_000 }, (_, i) => i / 7) })
    await table().insert(row)
    expect(JSON.stringify(await table().get(row._id)) === JSON.stringify(row)).toBe(true)
  })

  it('keeps 90 levels, and refuses more than 100', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 'deep' : { in: nested(levels - 1) })
    await table().insert(itemOf(1, { body: nested(90) }))
    expect(await table().get(idOf(1))).toEqual(itemOf(1, { body: nested(90) }))
    await expect(table().insert(itemOf(2, { body: nested(101) }))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(table().insert(itemOf(2, { body: nested(3000) }))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('does not store what is undefined', async () => {
    await table().insert(itemOf(1, { gone: undefined, body: { gone: undefined, kept: 1 } }))
    const row = await table().get(idOf(1))
    expect(Object.keys(row ?? {})).not.toContain('gone')
    expect(Object.keys(row?.['body'] as object)).toEqual(['kept'])
  })

  it('knows rows by names too', async () => {
    const names = ['sweep', 'Sweep', '__proto__', 'constructor', '$x', 'a.b', 'Straße 😀', 'x'.repeat(512), "'; DROP TABLE x; --"]
    for (const [i, _id] of names.entries()) await table().insert(itemOf(i, { _id }))
    for (const [i, _id] of names.entries()) expect(await table().get(_id)).toEqual(itemOf(i, { _id }))
    for (const _id of names) expect(await table().delete(_id)).toBe(true)
  })

  it('keeps rows apart from what callers do to theirs', async () => {
    const row = itemOf(1, { list: [1], at: new Date(5) })
    await table().insert(row)
    spoil(row)
    const first = (await table().get(idOf(1)))!
    expect(first).toEqual(itemOf(1, { list: [1], at: new Date(5) }))
    const replaced = (await table().replaceIf(first))!
    spoil(first)
    spoil(replaced)
    expect(await table().get(idOf(1))).toEqual({ ...itemOf(1, { list: [1], at: new Date(5) }), revision: 1 })
  })

  it.each(refused)('refuses %s, new or changed', async (_, members) => {
    await table().insert(itemOf(1))
    await expect(table().insert(itemOf(2, members))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(table().replaceIf(itemOf(1, members))).rejects.toMatchObject({ code: 'USAGE' })
    expect(await table().get(idOf(1))).toEqual(itemOf(1))
    expect(await table().get(idOf(2))).toBeUndefined()
    expect(await table().count('by_value')).toBe(1)
  })

  it('replaces a row only at the revision that it has', async () => {
    await table().insert(itemOf(1))
    expect(await table().replaceIf(itemOf(1, { revision: 1 }))).toBeUndefined()
    expect(await table().replaceIf(itemOf(2))).toBeUndefined()
    expect(await table().replaceIf(itemOf(1, { value: 'b' }))).toEqual({ ...itemOf(1, { value: 'b' }), revision: 1 })
    expect(await table().replaceIf(itemOf(1, { value: 'c' }))).toBeUndefined()
    expect(await table().get(idOf(1))).toEqual({ ...itemOf(1, { value: 'b' }), revision: 1 })
    expect(await table().get(idOf(2))).toBeUndefined()
  })

  it('deletes a row, with a revision only at that', async () => {
    await table().insert(itemOf(1))
    expect(await table().delete(idOf(1), 1)).toBe(false)
    expect(await table().delete(idOf(2))).toBe(false)
    expect(await table().delete(idOf(1), 0)).toBe(true)
    expect(await table().delete(idOf(1))).toBe(false)
    expect(await table().get(idOf(1))).toBeUndefined()
    expect(await table().count('by_value')).toBe(0)
    await table().insert(itemOf(1))
  })

  it('has one row of an id, and says so before it looks at other indexes', async () => {
    await table().insert(itemOf(1, { name: 'a' }))
    const again = table().insert(itemOf(1, { name: 'a' }))
    await expect(again).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { index: '_id' } })
    expect(await table().count('by_value')).toBe(1)
  })

  it('has one row of the values of a unique index, and leaves everything as it was when there would be two', async () => {
    await table().insert(itemOf(1, { name: 'a', value: 1 }))
    await table().insert(itemOf(2, { name: 'b', value: 2 }))
    const taken = { code: 'ALREADY_EXISTS', details: { index: 'by_name' } }
    await expect(table().insert(itemOf(3, { name: 'a', value: 3 }))).rejects.toMatchObject(taken)
    await expect(table().replaceIf(itemOf(2, { name: 'a', value: 3 }))).rejects.toMatchObject(taken)
    expect(await table().replaceIf(itemOf(2, { revision: 7, name: 'a' }))).toBeUndefined()
    expect(await table().get(idOf(2))).toEqual(itemOf(2, { name: 'b', value: 2 }))
    expect((await table().list({ index: 'by_value', limit: 9 })).rows.map((row) => row['value'])).toEqual([1, 2])
    expect((await table().list({ index: 'by_name', limit: 9 })).rows.map((row) => row['name'])).toEqual(['a', 'b'])
  })

  it('lets a row keep its unique values, and gives them free when it changes or goes', async () => {
    await table().insert(itemOf(1, { name: 'a' }))
    await table().replaceIf(itemOf(1, { name: 'a', value: 1 }))
    await table().replaceIf({ ...itemOf(1, { name: 'b' }), revision: 1 })
    await table().insert(itemOf(2, { name: 'a' }))
    await table().delete(idOf(2))
    await table().insert(itemOf(3, { name: 'a' }))
    expect(await table().count('by_name')).toBe(2)
  })

  it('does not compare rows in which a unique field is null or missing, and tells types apart', async () => {
    const members: Record<string, unknown>[] = [
      {},
      {},
      { name: null },
      { name: null },
      { name: '' },
      { name: '1' },
      { name: 1 },
      { name: true },
    ]
    members.push({ pair: { left: 1 } }, { pair: { left: 1 } }, { pair: { left: null, right: 1 } }, { pair: { left: null, right: 1 } })
    members.push({ pair: null }, { pair: {} }, { pair: { left: 'a', right: 'bc' } }, { pair: { left: 'ab', right: 'c' } })
    for (const [i, member] of members.entries()) await table().insert(itemOf(i, member))
    for (const name of ['', '1', 1, true]) {
      await expect(table().insert(itemOf(99, { name }))).rejects.toMatchObject({ details: { index: 'by_name' } })
    }
    const pair = { right: 'bc', left: 'a' }
    await expect(table().insert(itemOf(99, { pair }))).rejects.toMatchObject({ details: { index: 'by_pair' } })
  })
}

/** `toEqual` does not see a key `__proto__`; text does, and `toEqual` sees what is a date. */
function expectSame(actual: Item | undefined, wanted: Item): void {
  expect(JSON.stringify(sorted(actual))).toBe(JSON.stringify(sorted(wanted)))
  expect(actual).toEqual(wanted)
}

const sorted = (row: Item | undefined) => Object.entries(row ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))

function spoil(row: Item): void {
  ;(row['list'] as number[]).push(9)
  ;(row['at'] as Date).setTime(9)
  Object.assign(row, { more: 1 })
}
