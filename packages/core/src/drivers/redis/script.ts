import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

/** What a script is given: it names its keys first. */
export interface ScriptCall {
  keys: readonly string[]
  args: readonly (string | number | Buffer)[]
}

/** A script that Redis keeps: only its digest travels, unless Redis was started anew. */
export function defineScript(lua: string): (client: Redis, call: ScriptCall) => Promise<unknown> {
  const sha = createHash('sha1').update(lua).digest('hex')
  return async (client, { keys, args }) => {
    try {
      return await client.evalsha(sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return client.eval(lua, keys.length, ...keys, ...args)
    }
  }
}
