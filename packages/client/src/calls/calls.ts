import type { PipelineDefinition } from '@imagedoc/core'
import type { Contract } from '../contract.ts'

/** What every call takes beside its input. */
export interface CallOptions {
  /** Aborting rejects the call with `CANCELLED`. */
  readonly signal?: AbortSignal
}

/** A builder may stand where a definition is asked for: JSON is made of it on the way. */
type Definition = PipelineDefinition | { toJSON(): PipelineDefinition }
type Accepted<Input> = { [Name in keyof Input]: Name extends 'definition' ? Input[Name] | Definition : Input[Name] }

type Call<Input, Output> = undefined extends Input
  ? (input?: Accepted<Input>, options?: CallOptions) => Promise<Output>
  : (input: Accepted<Input>, options?: CallOptions) => Promise<Output>

/** Procedures as functions, by path. */
export type CallsOf<Procedures> = {
  readonly [Name in keyof Procedures]: Procedures[Name] extends { kind: string; input: infer Input; output: infer Output }
    ? Call<Input, Output>
    : CallsOf<Procedures[Name]>
}

/** Every procedure of the server: `client.documents.get({ id })`. */
export type Calls = CallsOf<Contract>

/** Calls the procedure at a path such as `documents.versions.list`. */
export type CallPath = (path: string, input: unknown, options?: CallOptions) => Promise<unknown>

/** An object on which every name that is not one of `own` leads to a procedure. */
export function withCalls<Own extends object>(own: Own, call: CallPath): Own & Calls {
  return new Proxy(own, {
    get: (target, name, receiver) =>
      typeof name === 'symbol' || name in target ? Reflect.get(target, name, receiver) : callAt(name, call),
  }) as Own & Calls
}

function callAt(path: string, call: CallPath): unknown {
  if (path === 'then') return undefined
  return new Proxy((input: unknown, options?: CallOptions) => call(path, input, options), {
    // A promise's `then` must not be found, or `await client.documents` would call the server.
    get: (_target, name) => (typeof name === 'symbol' || name === 'then' ? undefined : callAt(`${path}.${name}`, call)),
  })
}
