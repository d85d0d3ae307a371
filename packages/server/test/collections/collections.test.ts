import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addCollection } from '../support/archive.ts'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'

let server: TestServer
let ana: TestUser
let bea: TestUser
beforeAll(async () => {
  server = await openTestServer()
  ana = await addUser(server.services)
  bea = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

const query = (path: string, input: unknown, { token } = ana) => callRpc(server.app, { path, type: 'query', input, token })
const mutate = (path: string, input: unknown, { token } = ana) => callRpc(server.app, { path, type: 'mutation', input, token })
const titlesOf = (data: unknown) => (data as { items: { title: string }[] }).items.map(({ title }) => title)

describe('collections', () => {
  it('the same idempotency key makes one collection, another content with it is refused', async () => {
    const input = { title: 'Once', idempotencyKey: 'key-00001' }
    const first = await mutate('collections.create', input)
    const second = await mutate('collections.create', input)
    expect(second.data).toEqual(first.data)
    expect((await mutate('collections.create', { ...input, title: 'Twice' })).outcome).toBe('IDEMPOTENCY_CONFLICT')
    // Somebody else's key is another key.
    expect((await mutate('collections.create', input, bea)).data).not.toEqual(first.data)
  })

  it('a stale revision is refused with the present one, and nothing is changed', async () => {
    const { _id: id } = await addCollection(server.services, { user_id: ana.id })
    expect((await mutate('collections.update', { id, revision: 0, title: 'First' })).outcome).toBe('ok')
    const stale = await mutate('collections.update', { id, revision: 0, title: 'Second' })
    expect(stale.status).toBe(409)
    expect(stale.outcome).toBe('STALE_REVISION')
    expect((await query('collections.get', { id })).data).toMatchObject({ title: 'First', revision: 1 })
  })

  it('lists exactly what she may see, the newest first, page by page', async () => {
    const cara = await addUser(server.services)
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
    const member = { user_id: cara.id, role: 'viewer' as const }
    await addCollection(server.services, { user_id: cara.id, title: 'own 1', created_at: at(1) })
    await addCollection(server.services, { user_id: bea.id, title: 'shared 2', created_at: at(2), members: [member] })
    await addCollection(server.services, { user_id: bea.id, title: 'not hers 3', created_at: at(3) })
    await addCollection(server.services, { user_id: cara.id, title: 'trashed 4', created_at: at(4), deleted_at: at(9) })
    await addCollection(server.services, { user_id: cara.id, title: 'own 5', created_at: at(5) })
    const first = await query('collections.list', { limit: 2 }, cara)
    expect(titlesOf(first.data)).toEqual(['own 5', 'shared 2'])
    const second = await query('collections.list', { limit: 2, after: (first.data as { next: string }).next }, cara)
    expect(second.data).toMatchObject({ items: [{ title: 'own 1', role: 'owner' }], next: null })
    expect(titlesOf((await query('collections.list', { trash: true }, cara)).data)).toEqual(['trashed 4'])
  })

  it('what is in the trash is gone for members and comes back with them', async () => {
    const { _id: id } = await addCollection(server.services, { user_id: ana.id, members: [{ user_id: bea.id, role: 'editor' }] })
    expect((await mutate('collections.delete', { id })).outcome).toBe('ok')
    expect((await query('collections.get', { id }, bea)).outcome).toBe('NOT_FOUND')
    const { deleted_at, purge_at } = (await query('collections.get', { id })).data as { deleted_at: string; purge_at: string }
    expect(Date.parse(purge_at) - Date.parse(deleted_at)).toBe(30 * 86_400_000)
    expect((await mutate('collections.restore', { id })).outcome).toBe('ok')
    expect((await query('collections.get', { id }, bea)).data).toMatchObject({ role: 'editor', deleted_at: null })
  })

  it('a member may leave by herself', async () => {
    const { _id: id } = await addCollection(server.services, { user_id: ana.id, members: [{ user_id: bea.id, role: 'viewer' }] })
    expect((await mutate('collections.members.remove', { id, user_id: bea.id }, bea)).data).toEqual({ removed: true })
    expect((await query('collections.get', { id }, bea)).outcome).toBe('NOT_FOUND')
  })

  it('fields that she may not set are refused by name', async () => {
    const answer = await mutate('collections.create', { title: 'x', user_id: bea.id, readers: [bea.id] })
    expect(answer.outcome).toBe('INVALID_REQUEST')
    expect(answer.text).toContain('user_id')
  })
})
