import type { IndexValue, ListQuery, MetadataStore, Stored, TableDefinition } from '@imagedoc/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMongodbMetadataStore } from '../../src/drivers/mongodb/metadata-store.ts'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { freshDatabases, mongodbUrl, noMongodb, nowhere } from '../support/mongodb.ts'

interface Item extends Stored {
  readonly [member: string]: unknown
}

const fields = { by_value: ['value'], by_pair: ['group', 'value'], by_three: ['group', 'flag', 'value'], by_tag: ['tags', 'value'] }
const items: TableDefinition<Item> = {
  name: 'items',
  indexes: Object.fromEntries(Object.entries(fields).map(([name, paths]) => [name, { fields: paths }])),
}

const text = fc.string({ unit: fc.constantFrom('', 'a', 'b', '\0', '\ue000', '\uffff', '😀', '\u{10ffff}'), maxLength: 3 })
const value: fc.Arbitrary<IndexValue> = fc.oneof(
  fc.constant(null),
  text,
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.integer({ min: -2, max: 2 }).map((ms) => new Date(ms)),
)
const group = fc.constantFrom('g', 'h', null)
const members = fc.record({ value, group, flag: fc.boolean(), tags: fc.array(value, { maxLength: 3 }) }, { requiredKeys: [] })

const server = mongodbUrl()

describe.skipIf(!server)(noMongodb ?? 'MongoDB and SQLite', () => {
  const { url } = freshDatabases(server ?? nowhere)()
  const stores: MetadataStore[] = [createSqliteMetadataStore({ path: ':memory:' }), createMongodbMetadataStore({ url })]
  beforeAll(async () => {
    const rows = fc.sample(members, { seed: 7, numRuns: 150 })
    for (const store of stores) {
      await store.migrate([items])
      await Promise.all(rows.map((row, i) => store.table(items).insert({ ...row, ...ownOf(i) })))
    }
  })
  afterAll(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('give the same rows in the same order, page by page, also of several types', async () => {
    await fc.assert(
      fc.asyncProperty(queries(['by_value', 'by_pair', 'by_three']), async (query) => {
        const [sqlite, mongodb] = await Promise.all(stores.map((store) => walk(store, query)))
        expect(mongodb).toEqual(sqlite)
      }),
      { seed: 11, numRuns: 150 },
    )
  })

  it('find the same rows by values of a list, and by all of them each once', async () => {
    await fc.assert(
      fc.asyncProperty(queries(['by_tag']), async (query) => {
        const [sqlite = [], mongodb] = await Promise.all(stores.map((store) => walk(store, query)))
        const named = (query.equals ?? []).length > 0
        if (named) expect(mongodb).toEqual(sqlite)
        else expect(mongodb?.toSorted()).toEqual([...new Set(sqlite)].toSorted())
        const [counted, ...others] = await Promise.all(stores.map((store) => store.table(items).count('by_tag', query.equals)))
        expect(others).toEqual([counted])
      }),
      { seed: 13, numRuns: 100 },
    )
  })
})

function ownOf(i: number): Stored {
  // Names and hex digits in one table.
  return {
    _id: i % 3 ? i.toString(16).padStart(24, '0') : `n${i}${['', '\ue000', '😀'][i % 9] ?? ''}`,
    revision: 0,
    created_at: new Date(i),
  }
}

function queries(indexes: readonly (keyof typeof fields)[]): fc.Arbitrary<ListQuery> {
  return fc
    .record({
      index: fc.constantFrom(...indexes),
      first: fc.tuple(group, fc.boolean(), value),
      given: fc.nat(3),
      bounds: fc
        .oneof(text, fc.integer({ min: -3, max: 3 }), fc.constant(null))
        .chain((from) =>
          fc.record(
            { from: fc.constant(from), below: typeof from === 'number' ? fc.integer({ min: -3, max: 4 }) : text },
            { requiredKeys: [] },
          ),
        ),
      order: fc.constantFrom<ListQuery['order'][]>('ascending', 'descending'),
      limit: fc.integer({ min: 1, max: 40 }),
    })
    .map(({ index, first, given, bounds, order, limit }) => {
      const paths = fields[index]
      const asked: Record<string, IndexValue> = { group: first[0], flag: first[1], value: first[2], tags: first[2] }
      const equals = paths.slice(0, given).map((path) => asked[path]!)
      return { index, equals, order, limit, ...(equals.length < paths.length ? { range: bounds } : {}) }
    })
}

async function walk(store: MetadataStore, query: ListQuery): Promise<string[]> {
  const ids: string[] = []
  let after: string | undefined
  do {
    const page = await store.table(items).list({ ...query, after })
    ids.push(...page.rows.map(({ _id }) => _id))
    after = page.next ?? undefined
    expect(ids.length).toBeLessThan(1000)
  } while (after !== undefined)
  return ids
}
