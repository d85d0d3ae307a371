import type { IndexValue } from '@imagedoc/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRow, encodeRow } from '../../src/drivers/rows/row-json.ts'
import { sortKey } from '../../src/drivers/rows/sort-key.ts'

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\0', '\u0001', 'a', '\uffff', '\ue000', '😀', '$'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
const date = fc.date({ noInvalidDate: true })

describe('a sort key', () => {
  it.each<[string, fc.Arbitrary<NonNullable<IndexValue>>]>([
    ['text', text],
    ['numbers', number],
    ['dates', date],
    ['booleans', fc.boolean()],
  ])('compares as %s do, whatever comes behind', (_, value) => {
    fc.assert(
      fc.property(value, value, text, (a, b, rest) => {
        const wanted = a < b ? -1 : a > b ? 1 : 0
        expect(Buffer.compare(sortKey([a]), sortKey([b]))).toBe(wanted)
        if (wanted !== 0) expect(Buffer.compare(sortKey([a, rest]), sortKey([b, null]))).toBe(wanted)
        expect(Buffer.compare(sortKey([null]), sortKey([a]))).toBe(-1)
      }),
    )
  })

  it('is the beginning of the key of no other value', () => {
    const any = fc.oneof(text, number, date, fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [first, second] = [sortKey([a]), sortKey([b])]
        fc.pre(!first.equals(second))
        expect(second.subarray(0, first.length).equals(first)).toBe(false)
      }),
    )
  })
})

describe('a row as JSON', () => {
  it('comes back as it was', () => {
    const key = fc.oneof(fc.constantFrom('$date', '$$date', '$$$date', '__proto__', 'constructor', ''), fc.string())
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(text, number, date, fc.boolean(), fc.constant(null)),
        fc.array(tie('value')),
        objectOf(key, tie('value')),
      ),
    }))
    fc.assert(
      fc.property(objectOf(key, value), (row) => {
        const back = decodeRow<object>(encodeRow(row))
        expect(canonical(back)).toBe(canonical(row))
      }),
    )
  })

  function objectOf(key: fc.Arbitrary<string>, value: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
    return fc.array(fc.tuple(key, value), { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  }

  /** Tells dates from everything else, and own keys `__proto__` from prototypes. */
  function canonical(value: unknown): string {
    if (value instanceof Date) return `date(${value.getTime()})`
    if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)}}`
  }
})
