import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addUser, callRpc, openTestServer, type TestServer, type TestUser } from '../support/test-server.ts'
import { openFixture } from './fixture.ts'
import { table } from './table.ts'

/** What an attacker sends: every answer is a code of the table below 500, and nothing is seen that is not hers. */
let server: TestServer
let stranger: TestUser
beforeAll(async () => {
  server = await openTestServer({ settings: { registration: 'open' }, walked: 'at the end' })
  stranger = await addUser(server.services)
})
afterAll(() => server[Symbol.asyncDispose]())

const seeded = { seed: 20_261_125, numRuns: 60 }
const paths = Object.keys(table).filter((path) => !path.startsWith('auth.log') && path !== 'auth.register' && path !== 'auth.setPassword')

/** Values that mean something to a database, a shell, a path or an object. */
const nasty = fc.oneof(
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.constantFrom<unknown>(
    { $gt: '' },
    { $ne: null },
    { $where: 'sleep(1000)' },
    ['a'.repeat(24)],
    { toString: 'x' },
    '../../etc/passwd',
    '\u0000',
    'a\r\nSet-Cookie: x=1',
    '\u202egnp.exe',
    'x'.repeat(100_000),
    Number.MAX_SAFE_INTEGER,
    -1,
    1e308,
    true,
    null,
  ),
)

async function call(path: string, input: unknown) {
  const row = table[path as keyof typeof table]
  return callRpc(server.app, { path, type: row.type, input, token: stranger.token })
}

describe('inputs of an attacker', () => {
  it('any value in the place of any field is refused or harmless', async () => {
    const fixture = await openFixture(server.services)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(10), nasty, async (path, at, value) => {
        const row = table[path as keyof typeof table]
        const input = { ...((await row.input?.(fixture, 'stranger')) as Record<string, unknown> | undefined) }
        const keys = Object.keys(input)
        const key = keys[at % Math.max(1, keys.length)]
        const changed = key === undefined ? value : { ...input, [key]: value }
        const json = JSON.stringify(changed) ?? ''
        // A query travels in the address: too long for it is the transport's to refuse.
        if (row.type !== 'mutation' && json.length > 5000) return
        const { status, text } = await call(path, changed)
        expect(status, `${path} ${json.slice(0, 200)} ${text.slice(0, 400)}`).toBeLessThan(500)
      }),
      { ...seeded, numRuns: 300 },
    )
  })

  it('a field that is not in the schema is refused by name, whatever it is called', async () => {
    const fixture = await openFixture(server.services)
    const names = fc.constantFrom(
      'user_id',
      'role',
      'readers',
      'revision_',
      'deleted_at',
      'password_hash',
      '_id',
      'quota',
      'access_epoch',
      'original',
      '$set',
    )
    const withInput = paths.filter((path) => table[path as keyof typeof table].input)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...withInput), names, nasty, async (path, name, value) => {
        const row = table[path as keyof typeof table]
        const input = (await row.input?.(fixture, 'stranger')) as Record<string, unknown>
        if (name in input || JSON.stringify(value).length > 5000) return
        const { outcome, text } = await call(path, { ...input, [name]: value })
        expect(['INVALID_REQUEST', 'FORBIDDEN'], `${path} ${text.slice(0, 300)}`).toContain(outcome)
      }),
      { ...seeded, numRuns: 150 },
    )
  })

  it("somebody else's ids, wherever they stand in an input, are not found", async () => {
    const fixture = await openFixture(server.services)
    const foreign = [fixture.collection._id, fixture.document._id, fixture.pipeline._id, fixture.version._id, fixture.people.owner.id]
    const own = await callRpc(server.app, { path: 'collections.create', type: 'mutation', input: { title: 'own' }, token: stranger.token })
    const { id } = own.data as { id: string }
    const inputs: [string, Record<string, unknown>][] = foreign.flatMap((other): [string, Record<string, unknown>][] => [
      ['documents.create', { collection_id: id, upload: other }],
      ['documents.create', { collection_id: other, upload: other }],
      ['documents.move', { id: other, revision: 0, collection_id: id }],
      ['documents.list', { collection_id: other }],
      ['pipelines.get', { id: other }],
      ['pipelines.list', { collection_id: other }],
      ['pipelines.save', { id: other, revision: 0, name: 'x', definition: { version: 1, steps: [{ use: 'image.grayscale' }] } }],
      ['pipelines.explain', { document_id: other, definition: { version: 1, steps: [{ use: 'image.grayscale' }] } }],
      ['collections.members.set', { id: other, username: stranger.username, role: 'editor' }],
    ])
    for (const [path, input] of inputs) expect((await call(path, input)).outcome, `${path} ${JSON.stringify(input)}`).toBe('NOT_FOUND')
  })

  it('a cursor of another list, or one that was made up, is refused', async () => {
    for (const after of ['x', 'e30', '../..', 'A'.repeat(1000)]) {
      const { status, outcome } = await call('collections.list', { after })
      expect([status, outcome]).toEqual([400, 'USAGE'])
    }
  })
})
