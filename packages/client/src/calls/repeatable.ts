import type { Contract } from '../contract.ts'

type Paths<Procedures, Wanted, Prefix extends string = ''> = {
  [Name in keyof Procedures & string]: Procedures[Name] extends { kind: string }
    ? Procedures[Name] extends Wanted
      ? `${Prefix}${Name}`
      : never
    : Paths<Procedures[Name], Wanted, `${Prefix}${Name}.`>
}[keyof Procedures & string]

type QueryPath = Paths<Contract, { kind: 'query' }>
type KeyedPath = Paths<Contract, { kind: 'mutation'; input: { idempotencyKey?: string | undefined } }>

/**
 * What may be sent again after its answer was lost: questions, and what carries an idempotency key. The compiler holds this against the
 * server's router, so that a procedure can be neither forgotten nor left behind.
 */
const repeatable: { readonly [Path in QueryPath]: 'query' } & { readonly [Path in KeyedPath]: 'keyed' } = {
  'auth.keys.create': 'keyed',
  'auth.keys.list': 'query',
  'auth.me': 'query',
  'auth.sessions.list': 'query',
  'collections.create': 'keyed',
  'collections.get': 'query',
  'collections.list': 'query',
  'collections.members.list': 'query',
  'documents.create': 'keyed',
  'documents.get': 'query',
  'documents.list': 'query',
  'documents.versions.list': 'query',
  'documents.versions.receipt': 'query',
  'operations.list': 'query',
  'pipelines.explain': 'query',
  'pipelines.get': 'query',
  'pipelines.list': 'query',
  'pipelines.save': 'keyed',
  'pipelines.validate': 'query',
  'runs.batches.get': 'query',
  'runs.get': 'query',
  'runs.list': 'query',
  'runs.retry': 'keyed',
  'runs.start': 'keyed',
  'audit.list': 'query',
  search: 'query',
  stats: 'query',
  'users.create': 'keyed',
  'users.list': 'query',
}

/** How a procedure may be repeated; undefined: it changes something each time. */
export function repeatableAs(path: string): 'query' | 'keyed' | undefined {
  return Object.hasOwn(repeatable, path) ? repeatable[path as keyof typeof repeatable] : undefined
}
