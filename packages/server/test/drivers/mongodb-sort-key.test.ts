import type { IndexValue } from '@imagedoc/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareKeys, keyOf, textKey } from '../../src/drivers/mongodb/sort-key.ts'

const units = fc.constantFrom('\0', '\u0001', 'a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{11fff}', '\u{12000}', '\u{10ffff}')
const text = fc.string({ unit: fc.oneof(units, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) })

describe('a key of MongoDB', () => {
  it.each<[string, fc.Arbitrary<NonNullable<IndexValue>>]>([
    ['text', text],
    ['numbers', fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())],
    ['dates', fc.date({ noInvalidDate: true })],
    ['booleans', fc.boolean()],
  ])('compares by its UTF-8 as %s do, behind that of null', (_, value) => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(Math.sign(compareKeys(keyOf(a), keyOf(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
        expect(compareKeys(keyOf(null), keyOf(a))).toBeLessThan(0)
      }),
    )
  })

  it('is the text itself below U+E000, and Unicode always', () => {
    expect(textKey('Straße 漢字 \ud7ff')).toBe('Straße 漢字 \ud7ff')
    expect(['\u{10000}', '\u{11fff}', '\u{12000}', '\u{10ffff}', '\ue000', '\uffff'].map(textKey)).toEqual([
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10dfff}',
      '\u{10e000}',
      '\u{10ffff}',
    ])
    fc.assert(fc.property(text, (value) => textKey(value).isWellFormed() && textKey(value).length <= 2 * value.length))
  })
})
