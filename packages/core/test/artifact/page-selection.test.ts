import { describe, expect, it } from 'vitest'
import { formatPageSelection, matchesOf, parsePageSelection, possibleMatches, selectsPage } from '../../src/artifact/page-selection.ts'

/** The numbers of the selected pages of a document; its page 3 is called 3/a. */
function selected(text: string, total: number): number[] {
  const selection = parsePageSelection(text)
  const numbers = Array.from({ length: total }, (_, index) => index + 1)
  return numbers.filter((number) => selectsPage(selection, { number, total, id: `${number}/a` }))
}

describe('a page selection', () => {
  it.each([
    ['1', [1]],
    ['1,3-5', [1, 3, 4, 5]],
    [' 5 , 1-2,2 ', [1, 2, 5]],
    ['odd', [1, 3, 5]],
    ['even', [2, 4]],
    ['-1', [5]],
    ['-2', [4]],
    ['2--2', [2, 3, 4]],
    ['-3--2', [3, 4]],
    ['4-', [4, 5]],
    ['-2-', [4, 5]],
    ['-2-5', [4, 5]],
    ['even,-1,1', [1, 2, 4, 5]],
    ['3/a', [3]],
    ['3/a,1', [1, 3]],
  ])('"%s" names of five pages %j', (text, pages) => {
    expect(selected(text, 5)).toEqual(pages)
  })

  it.each(['9', '-9', '6-', '5--3', 'no/such/1'])('"%s" names none of five pages', (text) => {
    expect(selected(text, 5)).toEqual([])
  })

  it('takes whatever stands between its ends, also where a document is shorter than it', () => {
    expect(selected('3-100', 5)).toEqual([3, 4, 5])
    expect(selected('-100-2', 5)).toEqual([1, 2])
    expect(selected('2--2', 2)).toEqual([])
  })

  it('is written in its shortest form, which is read as the same', () => {
    for (const [text, short] of [
      [' 1 , 3-5', '1,3-5'],
      ['4-4', '4'],
      ['2--1', '2-'],
      ['odd,-1,7f83b1657ff1/3', 'odd,-1,7f83b1657ff1/3'],
    ] as const) {
      expect(formatPageSelection(parsePageSelection(text))).toBe(short)
      expect(formatPageSelection(parsePageSelection(short))).toBe(short)
    }
  })

  it.each([
    ['', 0, 'A page is missing'],
    ['1,,2', 2, 'A page is missing'],
    ['1,', 2, 'A page is missing'],
    ['1, od', 3, '"od" names no page'],
    ['all', 0, 'Write "1-" for all pages.'],
    ['0', 0, 'There is no page 0'],
    ['2,1-0', 2, 'There is no page 0'],
    ['5-3', 0, '"5-3" runs backwards (character 1). Write "3-5".'],
    ['-1--3', 0, 'Write "-3-"'],
    ['1..3', 0, '"1..3" names no page'],
    ['1;2', 0, '"1;2" names no page'],
    ['--1', 0, '"--1" names no page'],
    ['99999999999999999999', 0, 'is too large'],
  ])('"%s" is refused at %i: %s', (text, position, message) => {
    expect(() => parsePageSelection(text)).toThrowError(
      expect.objectContaining({ code: 'USAGE', details: { position }, message: expect.stringContaining(message) }),
    )
  })
})

describe('the sets of selections that a page can be in', () => {
  it('are those that the pages of all documents are in', () => {
    const atoms = ['1', '3', '2-4', '4-', '-1', '-3', '-4--2', '2--2', '-3-3', 'odd', 'even', 'x/1', 'x/2']
    const random = seeded(5)
    const pick = (): string => atoms[Math.floor(random() * atoms.length)] as string
    for (let round = 0; round < 60; round++) {
      const selections = Array.from({ length: 4 }, () => parsePageSelection([pick(), pick()].join(',')))
      const met = new Set<string>()
      for (let total = 1; total <= 14; total++)
        for (let number = 1; number <= total; number++)
          for (const id of ['', 'x/1', 'x/2']) met.add(matchesOf(selections, { number, total, id }).join())
      const possible = possibleMatches(selections)?.map((indices) => indices.join())
      expect(possible?.toSorted()).toEqual([...met].toSorted())
    }
  })
})

/** The same numbers on every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
