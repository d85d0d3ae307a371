import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Run } from '../../src/records/run.ts'
import { sweep } from '../../src/sweep/sweep.ts'
import { addCollection, addDocument, addRun } from '../support/archive.ts'
import { callRpc, openTestServer, type TestServer } from '../support/test-server.ts'
import { definition, type Fixture, openFixture, type Role } from './fixture.ts'
import { table } from './table.ts'

/**
 * Several calls, one after the other: each of them may be allowed, and what they come to must not be. `procedures.test.ts` has the single ones.
 */
interface Step {
  readonly by: Role
  readonly call: keyof typeof table
  readonly input: (scene: Scene) => unknown
  readonly is: string
}

/** The fixture, and where things may be taken to. */
interface Scene extends Fixture {
  /** The editor's own. */
  readonly theirs: string
  /** The owner's, shared with nobody. */
  readonly hidden: string
  /** What the owner shared; saved first by the editor. */
  readonly editors: string
  /** What the calls so far have given, the newest last. */
  readonly given: Record<string, unknown>[]
}

const another = { version: 1, steps: [{ use: 'image.grayscale' }, { use: 'image.blur' }] }
const documentId = ({ document }: Scene) => ({ id: document._id })
const moveTo =
  (where: (scene: Scene) => string) =>
  (scene: Scene): unknown => ({ id: scene.document._id, revision: revisionIn(scene), collection_id: where(scene) })
const revisionIn = ({ given }: Scene): number =>
  (given.findLast(({ revision }) => typeof revision === 'number')?.['revision'] as number) ?? 0
const role = (role: string) => (scene: Scene) => ({ id: scene.collection._id, username: scene.people.editor.username, role })
const removal = (scene: Scene) => ({ id: scene.collection._id, user_id: scene.people.editor.id })
const demote: Step = { by: 'owner', call: 'collections.members.set', input: role('viewer'), is: 'ok' }
const remove: Step = { by: 'owner', call: 'collections.members.remove', input: removal, is: 'ok' }
const save = (id: (scene: Scene) => string, more: (scene: Scene) => object = () => ({})) => ({
  call: 'pipelines.save' as const,
  input: (scene: Scene) => ({ id: id(scene), revision: 0, name: 'Mine now', definition: another, ...more(scene) }),
})
const owners = ({ pipeline }: Scene) => pipeline._id
const editors = (scene: Scene) => scene.editors

const sequences: Readonly<Record<string, readonly Step[]>> = {
  'move into an own collection, then delete and purge': [
    { by: 'editor', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'FORBIDDEN' },
    { by: 'editor', call: 'documents.delete', input: documentId, is: 'ok' },
    { by: 'editor', call: 'documents.purge', input: documentId, is: 'FORBIDDEN' },
    { by: 'owner', call: 'documents.restore', input: documentId, is: 'ok' },
  ],
  "move within the owner's collections, then out of them": [
    { by: 'editor', call: 'documents.move', input: moveTo(({ other }) => other._id), is: 'ok' },
    { by: 'editor', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'FORBIDDEN' },
    { by: 'editor', call: 'documents.move', input: moveTo(({ hidden }) => hidden), is: 'NOT_FOUND' },
  ],
  'the owner gives a document away, and has it no more': [
    { by: 'owner', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'NOT_FOUND' },
    {
      by: 'editor',
      call: 'collections.members.set',
      input: ({ theirs, people }) => ({ id: theirs, username: people.owner.username, role: 'editor' }),
      is: 'ok',
    },
    { by: 'owner', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'ok' },
    { by: 'owner', call: 'documents.delete', input: documentId, is: 'ok' },
    { by: 'owner', call: 'documents.purge', input: documentId, is: 'FORBIDDEN' },
    { by: 'editor', call: 'documents.purge', input: documentId, is: 'ok' },
  ],
  'trash, then move out of the trash': [
    { by: 'editor', call: 'documents.delete', input: documentId, is: 'ok' },
    { by: 'editor', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'NOT_FOUND' },
    { by: 'editor', call: 'documents.restore', input: documentId, is: 'FORBIDDEN' },
  ],
  'removed, then rewrite, share or read a pipeline that they saved first': [
    remove,
    { by: 'editor', ...save(editors), is: 'NOT_FOUND' },
    { by: 'editor', ...save(editors, () => ({ collection_id: null })), is: 'NOT_FOUND' },
    { by: 'editor', ...save(editors, ({ theirs }) => ({ collection_id: theirs })), is: 'NOT_FOUND' },
    { by: 'editor', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'NOT_FOUND' },
    {
      by: 'editor',
      call: 'runs.start',
      input: (scene) => ({ target: { document_id: scene.document._id }, pipeline: { id: scene.editors } }),
      is: 'NOT_FOUND',
    },
    { by: 'owner', ...save(editors), is: 'ok' },
  ],
  'demoted, then save': [
    demote,
    { by: 'editor', ...save(editors), is: 'FORBIDDEN' },
    { by: 'editor', ...save(owners), is: 'FORBIDDEN' },
    { by: 'editor', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'ok' },
    {
      by: 'editor',
      call: 'pipelines.save',
      input: ({ collection }) => ({ name: 'More', definition, collection_id: collection._id }),
      is: 'FORBIDDEN',
    },
  ],
  'an editor takes a pipeline out of the collection': [
    { by: 'editor', ...save(owners, () => ({ collection_id: null })), is: 'FORBIDDEN' },
    { by: 'editor', ...save(editors, () => ({ collection_id: null })), is: 'FORBIDDEN' },
    { by: 'editor', ...save(owners, ({ theirs }) => ({ collection_id: theirs })), is: 'FORBIDDEN' },
    { by: 'editor', ...save(owners, ({ other }) => ({ collection_id: other._id })), is: 'ok' },
  ],
  'the owner takes out a pipeline that the editor saved first, and it is theirs': [
    { by: 'owner', ...save(editors, () => ({ collection_id: null })), is: 'ok' },
    { by: 'editor', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'NOT_FOUND' },
    { by: 'owner', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'ok' },
  ],
  'demoted, then delete, upload, run, choose a version, rename': [
    demote,
    { by: 'editor', call: 'documents.delete', input: documentId, is: 'FORBIDDEN' },
    { by: 'editor', call: 'documents.update', input: ({ document }) => ({ id: document._id, revision: 0, title: 'x' }), is: 'FORBIDDEN' },
    {
      by: 'editor',
      call: 'documents.versions.restore',
      input: ({ document }) => ({ id: document._id, revision: 0, number: 1 }),
      is: 'FORBIDDEN',
    },
    { by: 'editor', call: 'runs.retry', input: ({ run }) => ({ id: run._id }), is: 'FORBIDDEN' },
  ],
  'the collection goes into the trash: nobody but the owner finds what was in it': [
    { by: 'owner', call: 'collections.delete', input: ({ collection }) => ({ id: collection._id }), is: 'ok' },
    { by: 'editor', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'NOT_FOUND' },
    { by: 'editor', ...save(editors), is: 'NOT_FOUND' },
    { by: 'owner', call: 'pipelines.get', input: (scene) => ({ id: scene.editors }), is: 'ok' },
    { by: 'editor', call: 'documents.move', input: moveTo(({ theirs }) => theirs), is: 'NOT_FOUND' },
  ],
}

let server: TestServer
let scene: Scene
beforeAll(async () => {
  server = await openTestServer({
    walked: 'at the end',
    settings: { webhookHosts: ['https://hooks.example.org'], webhookSecret: 'x'.repeat(32) },
  })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  const { services } = server
  const fixture = await openFixture(services)
  const { editor, owner } = fixture.people
  const [theirs, hidden] = [await addCollection(services, { user_id: editor.id }), await addCollection(services, { user_id: owner.id })]
  const shared = { name: 'Theirs', definition, collection_id: fixture.collection._id }
  const saved = await callRpc(server.app, { path: 'pipelines.save', type: 'mutation', input: shared, token: editor.token })
  scene = { ...fixture, theirs: theirs._id, hidden: hidden._id, editors: (saved.data as { id: string }).id, given: [] }
})

async function call(by: Role, path: keyof typeof table, input: unknown) {
  return callRpc(server.app, { path, type: table[path].type, input, token: scene.people[by].token })
}

describe('what several calls come to', () => {
  it.each(Object.entries(sequences))('%s', async (_, steps) => {
    for (const [index, { by, call: path, input, is }] of steps.entries()) {
      const { outcome, data, text } = await call(by, path, input(scene))
      expect(outcome, `step ${index + 1}, ${path} by ${by}: ${text}`).toBe(is)
      if (data && path.startsWith('documents.')) scene.given.push(data as Record<string, unknown>)
    }
  })
})

it('a list of own pipelines has none of a collection that its maker was removed from', async () => {
  const mine = async () => ((await call('editor', 'pipelines.list', {})).data as { items: { id: string }[] }).items.map(({ id }) => id)
  expect(await mine()).toEqual([scene.editors])
  await call('owner', 'collections.members.remove', removal(scene))
  expect(await mine()).toEqual([])
})

it('a repeated request does not show a pipeline that was shared since, and that its maker may not see any more', async () => {
  const request = { name: 'Again', definition, idempotencyKey: 'saved-again' }
  const { id } = (await call('editor', 'pipelines.save', request)).data as { id: string }
  await call('editor', 'pipelines.save', { id, revision: 0, name: 'Shared', definition, collection_id: scene.collection._id })
  expect((await call('editor', 'pipelines.save', request)).data).toMatchObject({ id, name: 'Shared' })
  await call('owner', 'collections.members.remove', removal(scene))
  expect((await call('editor', 'pipelines.save', request)).outcome).toBe('NOT_FOUND')
})

it('a purged collection gives its pipelines back: to who saved them first, or to its owner', async () => {
  const { services } = server
  await call('owner', 'collections.members.remove', removal(scene))
  const kept = { name: 'Viewer', definition, collection_id: scene.collection._id }
  await call('owner', 'collections.members.set', { id: scene.collection._id, username: scene.people.viewer.username, role: 'editor' })
  const { id } = (await call('viewer', 'pipelines.save', kept)).data as { id: string }
  const row = (await services.tables.collections.get(scene.collection._id))!
  await services.tables.collections.replaceIf({ ...row, deleted_at: new Date(1) })
  await sweep(services, new AbortController().signal)
  expect(await services.tables.collections.get(scene.collection._id)).toBeUndefined()
  expect((await call('viewer', 'pipelines.get', { id })).data).toMatchObject({ collection_id: null, user_id: scene.people.viewer.id })
  expect((await call('editor', 'pipelines.get', { id: scene.editors })).outcome).toBe('NOT_FOUND')
  expect((await call('owner', 'pipelines.get', { id: scene.editors })).data).toMatchObject({ user_id: scene.people.owner.id })
})

describe('a repeat of a run with a webhook', () => {
  const url = 'https://hooks.example.org/x?secret=1'
  const withWebhook = async (user_id: string): Promise<Run> => {
    const { services, collection, document } = scene
    const webhook = { url, state: 'delivered' as const, attempts: 1, next_at: null }
    const inputs = { input: { document_id: document._id, version: 0, output: null } }
    const error = { code: 'CANCELLED' as const, message: 'No.', retryable: false }
    const of = { user_id, collection_id: collection._id, document_id: document._id }
    return addRun(services, { ...of, state: 'cancelled', error, webhook, inputs })
  }
  const repeated = async (by: Role, { _id: id }: Run) => {
    const { data } = await call(by, 'runs.retry', { id })
    return server.services.tables.runs.get((data as { id: string }).id)
  }

  it('keeps it for who named the address', async () => {
    expect((await repeated('editor', await withWebhook(scene.people.editor.id)))?.webhook).toMatchObject({ url, state: 'waiting' })
  })

  it('drops it for anybody else', async () => {
    const run = await withWebhook(scene.people.owner.id)
    expect(await repeated('editor', run)).toMatchObject({ user_id: scene.people.editor.id, webhook: null })
    expect((await repeated('owner', await withWebhook(scene.people.editor.id)))?.webhook).toBeNull()
  })
})

it('a run does not read a document of a collection that went into the trash', async () => {
  const { services, collection, people, document } = scene
  const shared = await addCollection(services, { user_id: people.owner.id, members: [{ user_id: people.editor.id, role: 'viewer' }] })
  const secret = await addDocument(services, { collection_id: shared._id })
  const read = (document_id: string) => ({ document_id, version: 0, output: null })
  const run = await addRun(services, {
    user_id: people.editor.id,
    collection_id: collection._id,
    document_id: document._id,
    inputs: { input: read(document._id), secret: read(secret._id) },
    state: 'cancelled',
    error: { code: 'CANCELLED', message: 'No.', retryable: false },
  })
  expect((await call('editor', 'runs.retry', { id: run._id })).outcome).toBe('ok')
  await call('owner', 'collections.delete', { id: shared._id })
  expect((await call('editor', 'runs.retry', { id: run._id })).outcome).toBe('NOT_FOUND')
})
