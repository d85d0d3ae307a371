import { describe, expect, it } from 'vitest'
import { bagOfWords } from '../src/metrics/bag.ts'
import { boxOverlap } from '../src/metrics/box-overlap.ts'

describe('bagOfWords', () => {
  it('is blind to order', () => expect(bagOfWords('c b a', 'a b c').f1).toBe(1))
  it('counts every word as often as it stands', () => {
    expect(bagOfWords('a a a', 'a b')).toEqual({ precision: 1 / 3, recall: 1 / 2, f1: 0.4 })
  })
  it('is nothing for unread text, and one for two empty pages', () => {
    expect(bagOfWords('', 'a b').f1).toBe(0)
    expect(bagOfWords('a', '').f1).toBe(0)
    expect(bagOfWords(' ', '').f1).toBe(1)
  })
  it('compares normalised words', () => expect(bagOfWords('“sim”', '"sim"').f1).toBe(1))
})

describe('boxOverlap', () => {
  it('is one for equal boxes and zero for boxes that only touch', () => {
    expect(boxOverlap([0, 0, 10, 10], [0, 0, 10, 10])).toBe(1)
    expect(boxOverlap([0, 0, 10, 10], [10, 0, 20, 10])).toBe(0)
    expect(boxOverlap([0, 0, 1, 1], [5, 5, 6, 6])).toBe(0)
  })
  it('is the common area over the covered area', () => expect(boxOverlap([0, 0, 10, 10], [5, 0, 15, 10])).toBeCloseTo(1 / 3, 12))
})
