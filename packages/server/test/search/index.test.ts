import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSearch } from '../../src/search/search-service.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { addDocument, addUpload } from '../support/archive.ts'
import { type OpenSearch, openSearch } from './open-search.ts'
import { layoutOf, publish } from './support.ts'

let open: OpenSearch
beforeEach(async () => {
  open = await openSearch({ inconsistent: 'writes are lost, and rows deleted behind its back' })
})
afterEach(() => open[Symbol.asyncDispose]())

describe('the index', () => {
  it('follows a document through its life by the procedures', async () => {
    const upload = await addUpload(open.services, open.ana.id)
    const made = await open.call('documents.create', {
      collection_id: open.letters._id,
      upload: upload._id,
      title: 'Um',
      metadata: { author: 'Eça' },
    })
    const { id } = made.data as { id: string }
    const titles = async (text: string) => (await open.search(text)).length
    const revision = async () => (await open.services.tables.documents.get(id))?.revision
    expect(await titles('um eca')).toBe(1)
    await open.call('documents.update', { id, revision: await revision(), title: 'Dois', metadata: { author: null } })
    expect([await titles('um'), await titles('dois'), await titles('eca')]).toEqual([0, 1, 0])
    const document = await open.services.tables.documents.get(id)
    await publish(open.services, document!, [{ layout: layoutOf('first text') }])
    await open.services.search.documentChanged(id)
    await publish(open.services, document!, [{ layout: layoutOf('second text') }])
    await open.services.search.documentChanged(id)
    expect([await titles('first'), await titles('second')]).toEqual([0, 1])
    await open.call('documents.versions.restore', { id, revision: await revision(), number: 1 })
    expect([await titles('first'), await titles('second')]).toEqual([1, 0])
    await open.call('documents.versions.restore', { id, revision: await revision(), number: 0 })
    expect([await titles('text'), await titles('dois')]).toEqual([0, 1])
    await open.call('documents.versions.restore', { id, revision: await revision(), number: 2 })
    await open.call('documents.delete', { id })
    expect([await titles('second'), await titles('dois')]).toEqual([0, 0])
    expect(await rowsLeft()).toBe(0)
    await open.call('documents.restore', { id })
    expect([await titles('second'), await titles('dois')]).toEqual([1, 1])
    await open.call('documents.delete', { id })
    await open.call('documents.purge', { id })
    expect(await rowsLeft()).toBe(0)
  })

  it('of fewer pages than before has no row too many', async () => {
    const document = await open.documentWith(Array.from({ length: 40 }, () => 'many'))
    expect(await open.search('many', { limit: 100 })).toHaveLength(40)
    await publish(open.services, document, [{ layout: layoutOf('many') }])
    await open.services.search.documentChanged(document._id)
    expect(await open.search('many', { limit: 100 })).toHaveLength(1)
    expect(await open.services.tables.searchRows.count('by_document', [document._id])).toBe(2)
  })

  it('shows no page of another version, nor words that a title no longer has, when it was not told', async () => {
    const document = await open.documentWith(['old text'], { title: 'Old' })
    await publish(open.services, document, [{ layout: layoutOf('new text') }])
    const stored = await open.services.tables.documents.get(document._id)
    await open.services.tables.documents.replaceIf({ ...stored!, title: 'New' })
    expect(await open.search('old')).toEqual([])
  })

  it('is made good by the sweep: for what was published, changed, trashed and deleted behind its back, and once', async () => {
    const { services } = open
    const { tables } = services
    const published = await addDocument(services, { collection_id: open.letters._id, title: 'One' })
    await publish(services, published, [{ layout: layoutOf('published') }])
    const trashed = await open.documentWith(['trashed'])
    await tables.documents.replaceIf({ ...(await tables.documents.get(trashed._id))!, deleted_at: new Date() })
    const gone = await open.documentWith(['gone'])
    await tables.documents.delete(gone._id)
    const right = await open.documentWith(['right'])
    expect(await sweep(services, new AbortController().signal)).toMatchObject({ search: 3 })
    expect([await open.found('published'), await open.found('one'), await open.found('right')]).toEqual([
      ['1:published'],
      ['title:One'],
      ['1:right'],
    ])
    for (const { _id } of [trashed, gone]) expect(await tables.searchRows.count('by_document', [_id])).toBe(0)
    expect(await tables.searchedDocuments.count('by_age')).toBe(2)
    expect(await tables.searchedDocuments.get(right._id)).toBeDefined()
    expect(await sweep(services, new AbortController().signal)).toMatchObject({ search: 0 })
  })

  it('is made anew where a process died amid its rows', async () => {
    const { services } = open
    const document = await open.documentWith(Array.from({ length: 40 }, (_, page) => `page n${page}`))
    await publish(
      services,
      document,
      Array.from({ length: 40 }, (_, page) => ({ layout: layoutOf(`again m${page}`) })),
    )
    let writes = 0
    const searchRows: typeof services.tables.searchRows = Object.assign(Object.create(services.tables.searchRows), {
      replaceIf: async (row: never) => {
        if (++writes > 2) throw new Error('the process died')
        return services.tables.searchRows.replaceIf(row)
      },
    })
    const dying = createSearch({ ...services, tables: { ...services.tables, searchRows } })
    await dying.documentChanged(document._id)
    expect(writes).toBe(3)
    expect(await open.search('again', { limit: 100 })).toHaveLength(16)
    expect(await sweep(services, new AbortController().signal)).toMatchObject({ search: 1 })
    expect(await open.search('again', { limit: 100 })).toHaveLength(40)
    expect(await open.search('page', { limit: 100 })).toEqual([])
  })

  it('never fails a write: what cannot be indexed is left to the sweep', async () => {
    const { services } = open
    const document = await open.documentWith(['text'])
    const searchedDocuments = Object.assign(Object.create(services.tables.searchedDocuments), {
      get: async () => Promise.reject(new Error('the database is gone')),
    })
    const failing = createSearch({ ...services, tables: { ...services.tables, searchedDocuments } })
    await expect(failing.documentChanged(document._id)).resolves.toBeUndefined()
  })

  it('has nothing of a layout whose blob is gone or holds something else, and all of the others', async () => {
    const { services } = open
    const document = await addDocument(services, { collection_id: open.letters._id, pages: 3, title: 'Three' })
    const version = await publish(services, document, [
      { layout: layoutOf('lost page') },
      { layout: { ...layoutOf('wrong page'), schemaVersion: 3 } },
      { layout: layoutOf('right page') },
    ])
    await services.blobs.delete('objects', version.layouts[0]!.descriptor.digest)
    await services.search.documentChanged(document._id)
    expect(await open.found('page')).toEqual(['3:page'])
  })

  it('is right in the end when a document is changed many times at once through two processes', async () => {
    const { services } = open
    await using other = createSearch(services)
    const document = await open.documentWith(['text'], { title: 'Start' })
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const row = await services.tables.documents.get(document._id)
        await services.tables.documents.replaceIf({ ...row!, title: `Title ${index}` })
        await (index % 2 ? other : services.search).documentChanged(document._id)
      }),
    )
    const { title } = (await services.tables.documents.get(document._id))!
    await expect.poll(() => open.search('title')).toMatchObject([{ document: { title } }])
  })
})

async function rowsLeft(): Promise<number> {
  const { searchRows, searchedDocuments } = open.services.tables
  return (await searchRows.count('by_document')) + (await searchedDocuments.count('by_age'))
}
