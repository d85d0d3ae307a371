import { ImageDocError } from '@imagedoc/core'
import type { Context } from 'hono'
import type { Caller } from '../access/caller.ts'

/** What every request has before a route sees it. */
export interface HttpEnv {
  Variables: {
    /** Null without a token; a token that is not valid never gets this far. */
    caller: Caller | null
    /** Where the request comes from: the proxy's word only where the proxy is trusted. */
    address: string
  }
}

/** @throws UNAUTHENTICATED when nobody is logged in */
export function callerOf(c: Context<HttpEnv>): Caller {
  if (c.var.caller) return c.var.caller
  throw new ImageDocError('UNAUTHENTICATED', 'This needs a token: log in, then send it as "Authorization: Bearer <token>".')
}
