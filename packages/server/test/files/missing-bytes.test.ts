import { expect, it } from 'vitest'
import { addCollection, addDocument, someBytes } from '../support/archive.ts'
import { addUser, openTestServer } from '../support/test-server.ts'

it('bytes that a document names and that are not there are a fault of the server, in its log without what the document is called', async () => {
  await using server = await openTestServer({ inconsistent: 'a document whose bytes are not there' })
  const { services } = server
  const { id: user_id, token } = await addUser(services)
  const { _id: collection_id } = await addCollection(services, { user_id })
  const { _id } = await addDocument(services, { collection_id, title: 'Secret letter', original: someBytes('image/png').original })
  const lines: object[] = []
  Object.assign(services.log, { error: (facts: object) => lines.push(facts) })
  const headers = { Authorization: `Bearer ${token}` }
  for (const path of ['file', 'pages/1']) {
    const response = await server.app.request(`/documents/${_id}/${path}`, { headers })
    expect(await response.json()).toMatchObject({ error: { code: 'STORE_FAILED', retryable: false } })
    expect(response.status).toBe(500)
  }
  expect(lines).toMatchObject([
    { code: 'STORE_FAILED', at: '/documents/:id/file' },
    { code: 'STORE_FAILED', step: 'document.pages' },
    { code: 'STORE_FAILED', at: '/documents/:id/pages/:number' },
  ])
  expect(JSON.stringify(lines)).not.toMatch(/Secret/)
})
