import { REDIS_PREFIX, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { type Log, oncePerMinute, reasonOf } from '../../logging/log.ts'
import type { Roster, WorkerNotice } from '../../workers/roster.ts'
import { serverKeys } from './keys.ts'
import { createRedisPresence } from './presence.ts'

export interface RedisRosterOptions {
  /** Not closed by the roster. */
  readonly connection: RedisConnection
  readonly log: Pick<Log, 'warn'>
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
  /** So long a worker that is lost is still on it, in ms. @default 30000 */
  readonly ttlMs?: number
}

/** A roster for all who share the Redis. */
export function createRedisRoster({ connection, log, prefix = REDIS_PREFIX, ttlMs }: RedisRosterOptions): Roster {
  const failed = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'workers'))
  const presence = createRedisPresence({ connection, key: serverKeys(prefix).workers, ttlMs, failed })
  return {
    join: (notice) => presence.join(JSON.stringify(notice)),
    present: async () => (await presence.present()).map((json) => JSON.parse(json) as WorkerNotice),
    [Symbol.asyncDispose]: () => presence[Symbol.asyncDispose](),
  }
}
