import { expect, it } from 'vitest'
import { repairNewest } from '../../src/documents/newest-documents.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, openTestServer } from '../support/test-server.ts'

it('a repair that another one overtakes leaves the newest as the later one found them', async () => {
  await using server = await openTestServer()
  const { tables } = server.services
  const { id: user_id } = await addUser(server.services)
  const { _id: collection_id } = await addCollection(server.services, { user_id })
  const first = await addDocument(server.services, { collection_id, created_at: new Date(1) })
  const later: string[] = []
  const overtaken = {
    ...tables.documents,
    async list(...call: Parameters<typeof tables.documents.list>) {
      const page = await tables.documents.list(...call)
      if (later.length === 0) {
        later.push((await addDocument(server.services, { collection_id, created_at: new Date(2) }))._id)
        await repairNewest({ tables }, collection_id)
      }
      return page
    },
  }
  await repairNewest({ tables: { ...tables, documents: overtaken } }, collection_id)
  expect((await tables.collections.get(collection_id))?.documents).toEqual([...later, first._id])
})
