import type { Router } from '../../src/rpc/router.ts'
import { definition, type Fixture, type Role } from './fixture.ts'

type Expected = Readonly<Record<Role, string>>

export interface ProcedureRow {
  readonly type: 'query' | 'mutation' | 'subscription'
  readonly input?: (fixture: Fixture, role: Role) => unknown
  readonly expected: Expected
}

type PathsOf<Record, Prefix extends string = ''> = {
  [Name in keyof Record & string]: Record[Name] extends { _def: { procedure: true } }
    ? `${Prefix}${Name}`
    : PathsOf<Record[Name], `${Prefix}${Name}.`>
}[keyof Record & string]
export type ProcedurePath = PathsOf<Router['_def']['record']>

const nobody = { anonymous: 'UNAUTHENTICATED', expired: 'UNAUTHENTICATED', deactivated: 'UNAUTHENTICATED' } as const
const strangers = { ...nobody, stranger: 'NOT_FOUND', manager: 'NOT_FOUND' } as const
const readers: Expected = { ...strangers, viewer: 'ok', editor: 'ok', owner: 'ok' }
const editors: Expected = { ...readers, viewer: 'FORBIDDEN' }
const owners: Expected = { ...editors, editor: 'FORBIDDEN' }
const signedIn = (outcome: string): Expected => ({
  ...nobody,
  stranger: outcome,
  manager: outcome,
  viewer: outcome,
  editor: outcome,
  owner: outcome,
})
const everybody = signedIn('ok')
const managers: Expected = { ...nobody, stranger: 'FORBIDDEN', manager: 'ok', viewer: 'FORBIDDEN', editor: 'FORBIDDEN', owner: 'FORBIDDEN' }
/** The same for everybody, logged in or not. */
const all = (outcome: string): Expected => ({ ...signedIn(outcome), anonymous: outcome, expired: outcome, deactivated: outcome })

const collection = ({ collection }: Fixture) => ({ id: collection._id })
const document = ({ document }: Fixture) => ({ id: document._id })

export const table: Readonly<Record<ProcedurePath, ProcedureRow>> = {
  'collections.create': { type: 'mutation', input: () => ({ title: 'Mine' }), expected: everybody },
  'collections.get': { type: 'query', input: collection, expected: readers },
  'collections.list': { type: 'query', input: () => ({}), expected: everybody },
  'collections.update': {
    type: 'mutation',
    input: ({ collection }) => ({ id: collection._id, revision: collection.revision, title: 'New' }),
    expected: editors,
  },
  'collections.delete': { type: 'mutation', input: collection, expected: owners },
  'collections.restore': { type: 'mutation', input: collection, expected: owners },
  'collections.members.list': { type: 'query', input: collection, expected: readers },
  'collections.members.set': {
    type: 'mutation',
    input: ({ collection, people }) => ({ id: collection._id, username: people.stranger.username, role: 'viewer' }),
    expected: owners,
  },
  'collections.members.remove': {
    type: 'mutation',
    input: ({ collection, people }, role) => ({ id: collection._id, user_id: role === 'viewer' ? people.editor.id : people.viewer.id }),
    expected: owners,
  },
  'documents.create': {
    type: 'mutation',
    input: async (fixture, role) => ({ collection_id: fixture.collection._id, upload: (await fixture.upload(role))._id }),
    expected: editors,
  },
  'documents.get': { type: 'query', input: document, expected: readers },
  'documents.list': { type: 'query', input: ({ collection }) => ({ collection_id: collection._id }), expected: readers },
  'documents.update': { type: 'mutation', input: ({ document }) => ({ id: document._id, revision: 0, title: 'New' }), expected: editors },
  'documents.move': {
    type: 'mutation',
    input: ({ document, other }) => ({ id: document._id, revision: 0, collection_id: other._id }),
    expected: editors,
  },
  'documents.delete': { type: 'mutation', input: document, expected: editors },
  'documents.restore': { type: 'mutation', input: ({ trashed }) => ({ id: trashed._id }), expected: owners },
  'documents.purge': { type: 'mutation', input: ({ trashed }) => ({ id: trashed._id }), expected: owners },
  'documents.versions.list': { type: 'query', input: document, expected: readers },
  'documents.versions.receipt': { type: 'query', input: ({ document }) => ({ id: document._id, number: 1 }), expected: readers },
  'documents.versions.restore': {
    type: 'mutation',
    input: ({ document }) => ({ id: document._id, revision: 0, number: 1 }),
    expected: editors,
  },
  'operations.list': { type: 'query', expected: everybody },
  'pipelines.validate': { type: 'query', input: () => ({ definition }), expected: everybody },
  'pipelines.explain': { type: 'query', input: ({ document }) => ({ definition, document_id: document._id }), expected: readers },
  'pipelines.save': {
    type: 'mutation',
    input: ({ collection }) => ({ name: 'Shared', definition, collection_id: collection._id }),
    expected: editors,
  },
  'pipelines.list': { type: 'query', input: ({ collection }) => ({ collection_id: collection._id }), expected: readers },
  'pipelines.get': { type: 'query', input: ({ pipeline }) => ({ id: pipeline._id }), expected: readers },
  'runs.start': {
    type: 'mutation',
    input: ({ document }) => ({ target: { document_id: document._id }, pipeline: { definition } }),
    expected: editors,
  },
  'runs.get': { type: 'query', input: ({ run }) => ({ id: run._id }), expected: readers },
  'runs.list': { type: 'query', input: ({ document }) => ({ document_id: document._id }), expected: readers },
  'runs.cancel': { type: 'mutation', input: ({ run }) => ({ id: run._id }), expected: editors },
  'runs.retry': { type: 'mutation', input: ({ run }) => ({ id: run._id }), expected: editors },
  'runs.batches.get': { type: 'query', input: ({ batch }) => ({ id: batch._id }), expected: readers },
  'runs.batches.cancel': { type: 'mutation', input: ({ batch }) => ({ id: batch._id }), expected: editors },
  'runs.events': { type: 'subscription', input: ({ run }) => ({ id: run._id }), expected: readers },
  'auth.register': {
    type: 'mutation',
    input: (_, role) => ({ username: `new-${role}`, email: `new-${role}@example.org`, password: 'a long enough sentence' }),
    expected: all('ok'),
  },
  'auth.login': {
    type: 'mutation',
    input: ({ people }, role) => ({ username: people[role].username, password: 'not hers at all' }),
    expected: all('LOGIN_FAILED'),
  },
  'auth.setPassword': {
    type: 'mutation',
    input: () => ({ token: `idt_${'A'.repeat(43)}`, password: 'a long enough sentence' }),
    expected: all('UNAUTHENTICATED'),
  },
  'auth.logout': { type: 'mutation', expected: everybody },
  'auth.me': { type: 'query', expected: everybody },
  'auth.changePassword': {
    type: 'mutation',
    input: () => ({ currentPassword: 'not hers at all', newPassword: 'a long enough sentence' }),
    expected: signedIn('LOGIN_FAILED'),
  },
  'auth.sessions.list': { type: 'query', input: () => ({}), expected: everybody },
  'auth.sessions.revoke': { type: 'mutation', input: ({ collection }) => ({ id: collection._id }), expected: everybody },
  'auth.keys.create': { type: 'mutation', input: () => ({ name: 'script' }), expected: everybody },
  'auth.keys.list': { type: 'query', input: () => ({}), expected: everybody },
  'auth.keys.revoke': { type: 'mutation', input: ({ collection }) => ({ id: collection._id }), expected: everybody },
  'users.create': {
    type: 'mutation',
    input: (_, role) => ({ username: `made-by-${role}`, email: `made-by-${role}@example.org` }),
    expected: managers,
  },
  'users.resetPassword': { type: 'mutation', input: ({ people }) => ({ id: people.stranger.id }), expected: managers },
  'users.list': { type: 'query', input: () => ({}), expected: managers },
  'users.setRole': { type: 'mutation', input: ({ people }) => ({ id: people.stranger.id, role: 'manager' }), expected: managers },
  'users.deactivate': { type: 'mutation', input: ({ people }) => ({ id: people.stranger.id }), expected: managers },
  'users.reactivate': { type: 'mutation', input: ({ people }) => ({ id: people.deactivated.id }), expected: managers },
  'users.setQuota': {
    type: 'mutation',
    input: ({ people }) => ({ id: people.stranger.id, quota: { bytes: 1, documents: 1 } }),
    expected: managers,
  },
  search: { type: 'query', input: ({ collection }) => ({ text: 'letter', collection_id: collection._id }), expected: readers },
  'audit.list': { type: 'query', input: () => ({}), expected: managers },
  stats: { type: 'query', expected: managers },
}
