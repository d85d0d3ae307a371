import type { Caller } from '../access/caller.ts'

/** What a procedure knows of a request. Plain types only: the client's types are made from these. */
export interface RpcContext {
  readonly caller: Caller | null
  readonly address: string
  readonly userAgent: string
}
