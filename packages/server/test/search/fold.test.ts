import { describe, expect, it } from 'vitest'
import { foldText, piecesOf } from '../../src/search/fold.ts'
import { foldPassages } from '../../src/search/fold-layout.ts'
import { keyOfPrefix, keyOfWord, keysOfToken } from '../../src/search/keys.ts'
import { queryWords } from '../../src/search/query-words.ts'

describe('folding', () => {
  it.each([
    ['Lisboa', 'lisboa', 'case'],
    ['AÇÃO Évora', 'acao evora', 'accents'],
    ['ação', 'acao', 'accents that were written apart'],
    ['Straße STRASSE ẞ', 'strasse strasse ss', 'sharp s'],
    ['ﬁnal œuvre Ærø', 'final oeuvre aero', 'ligatures'],
    ['Congreſs', 'congress', 'long s'],
    ['İstanbul ILIK ılık', 'istanbul ilik ilik', 'the two i of Turkish'],
    ['Łódź Đorđe', 'lodz dorde', 'strokes'],
    ['ΟΔΟΣ οδός', 'οδοσ οδοσ', 'final sigma and tonos'],
    ['ёлка Ёлка', 'елка елка', 'Cyrillic'],
    ['שָׁלוֹם', 'שלום', 'Hebrew points'],
    ['مُحَمَّد مـحـمـد', 'محمد محمد', 'Arabic vowel signs and stretching'],
    ['हिन्दी', 'हिन्दी', 'vowels of India stay, which are marks'],
    ['がｶﾞ', 'がガ', 'kana keep their voiced sound mark, half width is made full'],
    ['한국어', '한국어', 'Hangul'],
    ['Ⅳ １２³', 'iv 123', 'compatible forms'],
    ['im\u00adpor\u200btant', 'important', 'what is not seen'],
  ])('%s becomes %s: %s', (text, folded) => expect(foldText(text)).toBe(folded))

  it('cuts at everything that is no letter, mark or digit', () => {
    const texts = piecesOf(foldText('“Dom João V, el-rei; n.º 1.755 — d’água… हिन्दी')).map(({ text }) => text)
    expect(texts).toEqual(['dom', 'joao', 'v', 'el-rei', 'n', 'o', '1', '755', 'd’agua', 'हिन्दी'])
  })
})

/** Lines of words in one passage. */
const page = (...lines: string[]) => [lines.map((line) => line.split(' ').map((text) => ({ text })))]
const tokensOf = (...lines: string[]) => new Set(foldPassages(page(...lines)).map(({ token }) => token))

describe('words of a page', () => {
  it('are found with and without an apostrophe, and by what stands beside it', () => {
    expect(tokensOf("l’été don't")).toEqual(new Set(['lete', 'l', 'ete', 'dont', 'don', 't']))
  })

  it('are found by the parts of a hyphenated word and by the whole', () => {
    expect(tokensOf('well-known')).toEqual(new Set(['well', 'known', 'wellknown']))
  })

  it.each(['Lis-', 'Lis\u00ad', 'Lis\u2010', 'Lis¬'])(
    'that a line breaks (%s) are found whole and in parts, both boxes with the whole',
    (head) => {
      const placed = foldPassages(page(`em ${head}`, 'boa, 1755'))
      expect(new Set(placed.map(({ token }) => token))).toEqual(new Set(['em', 'lis', 'boa', '1755', 'lisboa']))
      expect(placed.find(({ token }) => token === 'lisboa')?.words).toEqual([{ text: head }, { text: 'boa,' }])
    },
  )

  it('are not joined from one passage to the next, nor without a hyphen', () => {
    const [one, other] = [page('Lis-'), page('boa')]
    const tokens = foldPassages([...one, ...other]).map(({ token }) => token)
    expect(tokens).toEqual(['lis', 'boa'])
    expect(tokensOf('Lis', 'boa')).toEqual(new Set(['lis', 'boa']))
  })

  it('of scripts without spaces are twos of characters, wherever the engine cut them and across lines', () => {
    const whole = tokensOf('東京都の')
    expect(whole).toEqual(new Set(['東', '東京', '京', '京都', '都', '都の', 'の']))
    expect(tokensOf('東 京都', 'の')).toEqual(whole)
    expect(tokensOf('東京。都の').has('京都')).toBe(false)
    expect(tokensOf('東京 abc 都の').has('京都')).toBe(false)
    const across = foldPassages(page('東 京')).find(({ token }) => token === '東京')
    expect(across?.words).toEqual([{ text: '東' }, { text: '京' }])
  })

  it('that are very long count as their first forty characters, in a query too', () => {
    const long = 'donaudampfschifffahrtselektrizitaetenhauptbetriebswerk'
    expect(tokensOf(long)).toEqual(new Set([long.slice(0, 40)]))
    expect(queryWords(long)).toEqual({ words: [], prefix: long.slice(0, 40) })
  })
})

describe('keys', () => {
  it('of a word are those by which it and each of its beginnings are looked up', () => {
    for (const word of ['a', 'rei', 'casa', 'lisboa', 'terramoto', 'donaudampfschiff', '𐌰𐌱𐌲𐌳𐌴', 'a𐌰𐌱𐌲𐌳𐌴']) {
      const keys = keysOfToken(word)
      expect(keys.every((key) => key.isWellFormed())).toBe(true)
      expect(keys).toContain(keyOfWord(word))
      for (let length = 3; length <= word.length; length++) {
        const prefix = word.slice(0, length)
        if (prefix.isWellFormed()) expect(keys).toContain(keyOfPrefix(prefix))
      }
    }
    expect(keyOfPrefix('ab')).toBeUndefined()
  })
})

describe('words of a query', () => {
  it.each([
    ['Grande Terramoto', { words: ['grande'], prefix: 'terramoto' }],
    ['  a a b ', { words: ['a'], prefix: 'b' }],
    ['el-rei Dom', { words: ['el', 'rei'], prefix: 'dom' }],
    ["don't", { words: [], prefix: 'dont' }],
    ['rei 東京都', { words: ['rei', '東京', '京都'], prefix: null }],
    ['東', { words: ['東'], prefix: null }],
    ['ไทย', { words: ['ไท', 'ทย'], prefix: null }],
  ])('%s', (text, words) => expect(queryWords(text)).toEqual(words))

  it('are at least one and at most sixteen', () => {
    for (const text of ['', '  ', '— … !', '\u00ad'])
      expect(() => queryWords(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
    const words = Array.from({ length: 17 }, (_, index) => `w${index}`)
    expect(queryWords(words.slice(0, 16).join(' ')).words).toHaveLength(15)
    expect(() => queryWords(words.join(' '))).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST', path: 'text' }))
  })
})
