import type { Descriptor } from '@imagedoc/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Services } from '../../src/services.ts'
import { addDocument } from '../support/archive.ts'
import { openTestServer, type TestServer } from '../support/test-server.ts'
import { type Fixture, openFixture, type Role, roles } from './fixture.ts'

interface Route {
  readonly method: string
  readonly path: (fixture: Fixture, role: Role) => string | Promise<string>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly expected: Readonly<Record<Role, number>>
}

const nobody = { anonymous: 401, expired: 401, deactivated: 401 } as const
const readers = (status: number) => ({ ...nobody, stranger: 404, manager: 404, viewer: status, editor: status, owner: status })
const everybody = (status: number) => ({ ...nobody, stranger: status, manager: status, viewer: status, editor: status, owner: status })
const all = (status: number) => ({ ...everybody(status), anonymous: status, expired: status, deactivated: status })
const tus = { 'Tus-Resumable': '1.0.0' }

/** Every plain route x who calls; what Hono has registered must have a row. Middleware is no route. */
const table: Readonly<Record<string, Route>> = {
  'GET /documents/:id/file': { method: 'GET', path: ({ document }) => `/documents/${document._id}/file`, expected: readers(200) },
  'GET /documents/:id/versions/:number/:output': {
    method: 'GET',
    path: ({ document }) => `/documents/${document._id}/versions/1/text.txt`,
    expected: readers(200),
  },
  'GET /documents/:id/pages/:number': {
    method: 'GET',
    path: async ({ services, collection }) =>
      `/documents/${(await addDocument(services, { collection_id: collection._id, original: await putPng(services) }))._id}/pages/1`,
    expected: readers(200),
  },
  'POST /documents/:id/pages/:number/preview': {
    method: 'POST',
    path: async ({ services, collection }) =>
      `/documents/${(await addDocument(services, { collection_id: collection._id, original: await putPng(services) }))._id}/pages/1/preview`,
    body: '{"steps":[{"use":"image.grayscale"}]}',
    expected: readers(200),
  },
  'POST /uploads': { method: 'POST', path: () => '/uploads', headers: { ...tus, 'Upload-Length': '10' }, expected: everybody(201) },
  ...Object.fromEntries(
    ['HEAD', 'PATCH', 'DELETE'].map((method) => [
      `${method === 'HEAD' ? 'GET' : method} /uploads/:id`,
      {
        method,
        path: async (fixture: Fixture) => `/uploads/${await beginUpload(fixture)}`,
        headers: { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
        expected: { ...nobody, stranger: 404, manager: 404, viewer: 404, editor: 404, owner: method === 'HEAD' ? 200 : 204 },
      },
    ]),
  ),
  'GET /health/live': { method: 'GET', path: () => '/health/live', expected: all(200) },
  'GET /health/ready': { method: 'GET', path: () => '/health/ready', expected: all(200) },
  'GET /metrics': {
    method: 'GET',
    path: () => '/metrics',
    headers: { 'X-Forwarded-For': '203.0.113.9' },
    expected: { ...all(404), manager: 200 },
  },
}

/** Middleware, the procedures, and what tus says of itself to anybody. */
const elsewhere = ['ALL /*', 'ALL /trpc/*', 'ALL /uploads/*', 'ALL /documents/*', 'OPTIONS /uploads', 'OPTIONS /uploads/:id']

/** One black pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='

function putPng({ blobs }: Services): Promise<Descriptor> {
  return blobs.put('objects', Buffer.from(PNG, 'base64'), { mediaType: 'image/png' })
}

/** One of the owner's. */
async function beginUpload({ people }: Fixture): Promise<string> {
  const headers = { ...tus, 'Upload-Length': '10', Authorization: `Bearer ${people.owner.token}` }
  const created = await server.app.request('/uploads', { method: 'POST', headers })
  return created.headers.get('Location')?.split('/').at(-1) ?? ''
}

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ walked: 'at the end' })
})
afterAll(() => server[Symbol.asyncDispose]())

it('the table has a row for every route', () => {
  const registered = new Set(server.app.routes.map(({ method, path }) => `${method} ${path}`))
  expect([...registered].filter((route) => !elsewhere.includes(route)).toSorted()).toEqual(Object.keys(table).toSorted())
})

describe.each(Object.entries(table))('%s', (_, { method, path, headers, body, expected }) => {
  it.each(roles)('called by: %s', async (role) => {
    const fixture = await openFixture(server.services)
    const { token } = fixture.people[role]
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const response = await server.app.request(await path(fixture, role), {
      method,
      headers: { ...headers, ...authorization },
      ...(method === 'PATCH' ? { body: 'x' } : {}),
      ...(body === undefined ? {} : { body }),
    })
    await response.arrayBuffer()
    expect(response.status).toBe(expected[role])
  })
})
