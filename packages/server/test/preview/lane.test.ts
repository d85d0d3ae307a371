import { availableParallelism } from 'node:os'
import { renderPage } from '@imagedoc/fixtures'
import { expect, it } from 'vitest'
import { newId } from '../../src/records/id.ts'
import { addCollection, addDocument } from '../support/archive.ts'
import { addUser, openTestServer } from '../support/test-server.ts'

it('previews and page images do not wait behind runs that have all the children', async () => {
  await using server = await openTestServer()
  const { services, app } = server
  const { id, token } = await addUser(services)
  const file = await (await renderPage({ seed: 1, width: 1000, height: 1300 })).png()
  const original = await services.blobs.put('objects', file, { mediaType: 'image/png' })
  const _id = newId()
  const { _id: collection_id } = await addCollection(services, { user_id: id, documents: [_id] })
  await addDocument(services, { _id, file_url: `/documents/${_id}/file`, collection_id, original })
  const stop = new AbortController()
  // More than there are children, each of several seconds.
  const steps = Array.from({ length: 200 }, (_, index) => ({ use: 'image.rotate', with: { angle: (index % 2) * 2 - 1 } }))
  let ended = 0
  const long = Array.from({ length: 4 * availableParallelism() }, async (_, index) => {
    const definition = { version: 1 as const, steps: [{ use: 'image.adjust', with: { gamma: 1 + index / 100 } }, ...steps] }
    const input = { name: 'page', descriptor: original, open: () => services.blobs.open(original.digest) }
    await services.imagedoc.run(definition, { input }, { signal: stop.signal })
    ended++
  })
  const headers = { Authorization: `Bearer ${token}` }
  const body = JSON.stringify({ steps: [{ use: 'image.grayscale' }] })
  const preview = await app.request(`/documents/${_id}/pages/1/preview`, { method: 'POST', headers, body })
  const image = await app.request(`/documents/${_id}/pages/1?width=160`, { headers })
  expect([preview.status, image.status, ended]).toEqual([200, 200, 0])
  stop.abort()
  await Promise.all(long)
})
