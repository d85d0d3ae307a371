import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addCollection } from '../support/archive.ts'
import { type Hit, type OpenSearch, openSearch } from './open-search.ts'
import { layoutOf } from './support.ts'

let open: OpenSearch
beforeEach(async () => {
  open = await openSearch()
})
afterEach(() => open[Symbol.asyncDispose]())

describe('search', () => {
  it('needs all words on the same page, the last one may be unfinished and no other', async () => {
    await open.documentWith(['O grande terramoto de Lisboa', 'grande fogo', 'o terramoto'])
    expect(await open.found('grande terra')).toEqual(['1:grande terramoto'])
    expect(await open.found('gran terramoto')).toEqual([])
    expect(await open.found('GRÁNDE')).toEqual(['1:grande', '2:grande'])
    expect(await open.found('fogo terramoto')).toEqual([])
    expect(await open.found('nada')).toEqual([])
  })

  it('gives the boxes of what was asked for on the page of the original', async () => {
    const turned = [0, 1, 5, -1, 0, 100, 0, 0, 1] as const
    const document = await open.documentWith([
      { layout: layoutOf('em Lis-', 'boa morreu'), matrix: turned },
      { layout: layoutOf('Lisboa'), matrix: null },
    ])
    expect(await open.search('lisboa')).toEqual([
      {
        document: { id: document._id, title: 'Untitled', collection_id: open.letters._id },
        page: 1,
        version: 1,
        // [3, 0, 7, 10] and [0, 20, 3, 30] through the matrix: x' = y + 5, y' = 100 - x.
        words: [
          { text: 'Lis-', box: [5, 93, 15, 97] },
          { text: 'boa', box: [25, 97, 35, 100] },
        ],
      },
      expect.objectContaining({ page: 2, words: [{ text: 'Lisboa', box: null }] }),
    ])
  })

  it('finds titles and metadata, of all words in them together', async () => {
    await open.documentWith(['nothing'], { title: 'Carta ao Governador', metadata: { author: 'João', tags: ['Brasil', { year: 1784 }] } })
    expect(await open.found('governador joão 1784')).toEqual(['title:Governador João 1784'])
    expect(await open.found('carta nothing')).toEqual([])
    expect((await open.search('brasil'))[0]).toMatchObject({ page: null, words: [{ text: 'Brasil', box: null }] })
  })

  it('keeps the first thousand words of metadata, and of a page the first four thousand different ones', async () => {
    const numbered = (word: string, count: number) => Array.from({ length: count }, (_, index) => `${word}${index}`).join(' ')
    await open.documentWith([numbered('p', 4001)], { title: 'Many', metadata: { note: numbered('m', 1000) } })
    expect([await open.found('m998'), await open.found('m999')]).toEqual([['title:m998'], []])
    expect([await open.found('p3999'), await open.found('p4000')]).toEqual([['1:p3999'], []])
  })

  it('has the pages of a split page together, and no number for a layout that is of no page of the original', async () => {
    await open.documentWith(
      [
        { layout: layoutOf('right side'), page: 'input/0/0/1' },
        { layout: layoutOf('left side'), page: 'input/0/0/0' },
        { layout: layoutOf('elsewhere side'), page: 'other/0/0/0' },
      ],
      { pages: 1 },
    )
    expect(await open.found('left right')).toEqual(['1:left right'])
    expect(await open.search('elsewhere')).toMatchObject([{ page: null, words: [{ text: 'elsewhere', box: null }] }])
    expect(await open.found('side')).toEqual(['1:side side', 'title:side'])
  })

  it('lists the newest document first, its title before its pages, beyond the sixteen pages that share a row', async () => {
    const old = await open.documentWith(
      Array.from({ length: 40 }, (_, index) => `folio ${index % 2 ? 'odd' : 'even'} n${index}`),
      {
        created_at: new Date(1000),
        title: 'Folio',
      },
    )
    const young = await open.documentWith(['folio'], { created_at: new Date(2000) })
    const hits = await open.search('folio', { limit: 100 })
    expect(hits.map(({ document, page }) => [document.id, page])).toEqual([
      [young._id, 1],
      [old._id, null],
      ...Array.from({ length: 40 }, (_, index) => [old._id, index + 1]),
    ])
    expect((await open.search('odd n33')).map(({ page }) => page)).toEqual([34])
  })

  it('refuses a text without words, and a cursor of another search', async () => {
    expect((await open.call('search', { text: ' …' })).outcome).toBe('INVALID_REQUEST')
    await open.documentWith(['one', 'one'])
    const { data } = await open.call('search', { text: 'one', limit: 1 })
    const { next } = data as { next: string }
    expect((await open.call('search', { text: 'one', after: next })).outcome).toBe('ok')
    for (const input of [
      { text: 'two', after: next },
      { text: 'one', collection_id: open.letters._id, after: next },
      { text: 'one', after: 'x' },
    ])
      expect((await open.call('search', input)).outcome).toBe('USAGE')
  })

  it('goes through every hit once, over collections, documents and pages, whatever the size of a page', async () => {
    const other = await addCollection(open.services, { user_id: open.ana.id, created_at: open.letters.created_at })
    for (let i = 0; i < 7; i++)
      await open.documentWith(
        Array.from({ length: 5 }, (_, page) => (page % 2 ? 'wanted here' : 'not')),
        { collection_id: i % 2 ? other._id : open.letters._id, created_at: new Date(i % 3), title: i % 4 ? 'Wanted' : 'x' },
      )
    for (const text of ['wanted', 'want', 'wanted her', 'w']) {
      const whole = (await open.search(text, { limit: 100 })).map(({ document, page }) => `${document.id} ${page}`)
      expect(new Set(whole).size).toBe(whole.length)
      for (const limit of [1, 2, 3]) expect(await open.pagewise(text, limit)).toEqual(whole)
    }
  })

  it('ends early where much would be read for little, and goes on from there', async () => {
    await using crowded = await openSearch({ inconsistent: 'rows of the index are made up' })
    const { tables } = crowded.services
    const needle = await crowded.documentWith(['needle in hay'], { created_at: new Date(1) })
    const [, row] = (await tables.searchRows.list({ index: 'by_document', equals: [needle._id], limit: 2 })).rows
    // Many rows with both words, never on one page, all of the same moment.
    const [keys, words] = [['hay', 'nee', 'needl', 'needle'], ' hay:1 needle:2 ']
    for (let i = 0; i < 410; i++)
      await tables.searchRows.insert({ ...row!, _id: `f${i}`, document_id: 'f'.repeat(24), place: -9e15, keys, words })
    const first = (await crowded.call('search', { text: 'needle hay' })).data as { items: Hit[]; next: string | null }
    expect(first).toEqual({ items: [], next: expect.any(String) })
    expect(await crowded.pagewise('needle hay', 20)).toEqual([`${needle._id} 1`])
  })
})
