import type { Context } from 'hono'
import type { Caller } from '../access/caller.ts'
import { unauthenticated } from '../access/unauthenticated.ts'

/** What every request has before a route sees it. */
export interface HttpEnv {
  Variables: {
    /** Null without a valid token. */
    caller: Caller | null
    /** Where the request comes from: the proxy's word only where the proxy is trusted. */
    address: string
    /** A part of the request's body is still to come when it is answered: the connection ends with the answer. */
    closes?: boolean
  }
}

/** @throws UNAUTHENTICATED when nobody is logged in */
export function callerOf(c: Context<HttpEnv>): Caller {
  if (c.var.caller) return c.var.caller
  throw unauthenticated()
}
