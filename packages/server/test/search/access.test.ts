import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addCollection } from '../support/archive.ts'
import { addUser } from '../support/test-server.ts'
import { type OpenSearch, openSearch } from './open-search.ts'

let open: OpenSearch
beforeEach(async () => {
  open = await openSearch()
})
afterEach(() => open[Symbol.asyncDispose]())

describe('who finds what', () => {
  it('a stranger and a manager find nothing, a member finds it, and not any more once she is removed', async () => {
    await open.documentWith(['secret'], { title: 'Secret' })
    const [member, stranger, manager] = [
      await addUser(open.services),
      await addUser(open.services),
      await addUser(open.services, { role: 'manager' }),
    ]
    await open.call('collections.members.set', { id: open.letters._id, username: member.username, role: 'viewer' })
    expect(await open.search('secret', { user: member })).toHaveLength(2)
    for (const user of [stranger, manager]) {
      expect(await open.search('secret', { user })).toEqual([])
      expect((await open.call('search', { text: 'secret', collection_id: open.letters._id }, user)).outcome).toBe('NOT_FOUND')
    }
    await open.call('collections.members.remove', { id: open.letters._id, user_id: member.id })
    expect(await open.search('secret', { user: member })).toEqual([])
  })

  it('nobody finds what is in the trash with its collection, until it is restored', async () => {
    await open.documentWith(['secret'])
    await open.call('collections.delete', { id: open.letters._id })
    expect(await open.search('secret')).toEqual([])
    await open.call('collections.restore', { id: open.letters._id })
    expect(await open.search('secret')).toHaveLength(1)
  })

  it('a document that was moved is found where it is now alone, also when the index was not told', async () => {
    const bea = await addUser(open.services)
    const theirs = await addCollection(open.services, { user_id: open.ana.id, members: [{ user_id: bea.id, role: 'viewer' }] })
    const document = await open.documentWith(['secret'], { title: 'Secret', collection_id: theirs._id })
    expect(await open.search('secret', { user: bea })).toHaveLength(2)
    const stored = await open.services.tables.documents.get(document._id)
    const moved = await open.services.tables.documents.replaceIf({ ...stored!, collection_id: open.letters._id })
    expect(await open.search('secret', { user: bea })).toEqual([])
    expect(await open.search('secret')).toEqual([])
    await open.call('documents.move', { id: document._id, revision: moved?.revision, collection_id: theirs._id })
    expect(await open.search('secret', { user: bea })).toHaveLength(2)
    await open.call('documents.move', { id: document._id, revision: (moved?.revision ?? 0) + 1, collection_id: open.letters._id })
    expect(await open.search('secret', { user: bea })).toEqual([])
    expect(await open.search('secret', { collection_id: open.letters._id })).toHaveLength(2)
  })
})
