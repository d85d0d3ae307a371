import type { MetadataStore } from '@imagedoc/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import { purgeDocument } from '../../src/documents/purge.ts'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { foldText } from '../../src/search/fold.ts'
import { addCollection } from '../support/archive.ts'
import { freshDatabases, mongodbUrl, noMongodb } from '../support/mongodb.ts'
import { openSearch } from './open-search.ts'

/** Few words that begin alike, so that most queries have hits and near misses. */
const word = fc.constantFrom('a', 'ab', 'abc', 'Abé', 'b', 'ba', 'bá', 'cab', 'straße', 'strasse', 'strassenbahn', 'strassenbahnen', '1755')
const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '))
const document = fc.record({ title: text, pages: fc.array(text, { maxLength: 20 }), other: fc.boolean(), age: fc.nat(3) })

/** What is promised, in the plainest words: every page on which all words stand and one that begins as the last does. */
function expectedOf(texts: readonly string[], query: string): (number | null)[] {
  const needed = foldText(query).split(' ')
  const prefix = needed.pop() ?? ''
  return texts.flatMap((each, index) => {
    const words = foldText(each).split(' ')
    const isHit = needed.every((one) => words.includes(one)) && words.some((one) => one.startsWith(prefix))
    return isHit ? [index === 0 ? null : index] : []
  })
}

/** Random archives, looked through page by page, against what is promised. */
async function findsWhatIsPromised({ store, runs }: { store?: MetadataStore; runs: number }): Promise<void> {
  await using open = await openSearch(store ? { drivers: { store } } : {})
  const second = await addCollection(open.services, { user_id: open.ana.id })
  const { documents } = open.services.tables
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { maxLength: 5 }),
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      async (made, queries, limit) => {
        const rows = []
        for (const { title, pages, other, age } of made) {
          const collection_id = other ? second._id : open.letters._id
          const { _id } = await open.documentWith(pages, { title, collection_id, created_at: new Date(age) })
          rows.push({ _id, texts: [title, ...pages] })
        }
        for (const query of queries) {
          const expected = rows.flatMap(({ _id, texts }) => expectedOf(texts, query).map((page) => `${_id} ${page}`))
          const found = await open.pagewise(query, limit)
          expect(found.toSorted()).toEqual(expected.toSorted())
          // Of one document in order of its pages.
          for (const { _id, texts } of rows)
            expect(found.filter((hit) => hit.startsWith(_id))).toEqual(expectedOf(texts, query).map((page) => `${_id} ${page}`))
        }
        for (const { _id } of rows) {
          const there = await documents.get(_id)
          if (there) await purgeDocument(open.services, there, { user_id: open.ana.id })
        }
      },
    ),
    { numRuns: runs, seed: 20_261_125 },
  )
  for (const { _id } of [open.letters, second]) await repairNewest(open.services, _id)
  expect(await open.services.tables.searchRows.count('by_document')).toBe(0)
}

const title = 'finds what a plain comparison of every page finds, page by page and in order'

it(title, () => findsWhatIsPromised({ runs: 40 }))

const server = mongodbUrl()
describe.skipIf(!server)(noMongodb ?? 'with MongoDB', () => {
  const fresh = freshDatabases(server ?? 'mongodb://localhost')
  it(title, async () => {
    const { url } = fresh()
    await using store = createMongodbMetadataStore({ url })
    await findsWhatIsPromised({ store, runs: 8 })
  })
})
