import { describe, expect, it } from 'vitest'
import { pageSelection, selectPages } from '../src/selection.ts'

describe('selectPages', () => {
  it.each([
    ['all', [0, 1, 2, 3, 4]],
    ['1', [0]],
    ['1-3,5', [0, 1, 2, 4]],
    ['-1', [4]],
    ['-2--1', [3, 4]],
    ['4-', [3, 4]],
    ['2--1', [1, 2, 3, 4]],
    ['3-1', [2, 1, 0]],
    [' 2 , 2 ', [1, 1]],
  ])('reads %s', (selection, expected) => {
    expect(selectPages(pageSelection.parse(selection), 5, 100)).toEqual(expected)
  })

  it.each(['', '0', '1-0', 'one', '1,', '1;2', '--1', '1..3'])('refuses %j and says what to write', (selection) => {
    expect(pageSelection.safeParse(selection).error?.issues[0]?.message).toContain('1-3,7,-1')
  })

  it.each(['6', '1-6', '-6'])('says how many pages there are when %s is out of range', (selection) => {
    expect(() => selectPages(selection, 5, 100)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER', path: 'with.pages', message: expect.stringContaining('5 pages') }),
    )
  })

  it('refuses more pages than the limit without listing them', () => {
    expect(() => selectPages('all', 11, 10)).toThrow(expect.objectContaining({ code: 'TOO_MANY_PAGES' }))
    expect(() => selectPages(Array(100_000).fill('1-5000').join(','), 5000, 5000)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_PAGES' }),
    )
  })
})
