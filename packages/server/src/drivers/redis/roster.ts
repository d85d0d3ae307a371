import { defineScript, REDIS_PREFIX, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { type Log, oncePerMinute, reasonOf } from '../../logging/log.ts'
import type { Roster, WorkerNotice } from '../../workers/roster.ts'
import { serverKeys } from './keys.ts'

export interface RedisRosterOptions {
  /** Not closed by the roster. */
  readonly connection: RedisConnection
  readonly log: Pick<Log, 'warn'>
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
  /** So long a worker that is lost is still on it, in ms. @default 30000 */
  readonly ttlMs?: number
}

/** By the clock of Redis, which is one for all. `KEYS`: the roster. `ARGV`: its ttl, the notice. */
const joinScript = defineScript(`
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zadd', KEYS[1], now + ARGV[1], ARGV[2])
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
return redis.call('pexpire', KEYS[1], ARGV[1])`)
const presentScript = defineScript(`
local time = redis.call('time')
return redis.call('zrangebyscore', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')`)

/** A roster for all who share the Redis: a sorted set of notices, by when each is to be believed no more. */
export function createRedisRoster({ connection, log, prefix = REDIS_PREFIX, ttlMs = 30_000 }: RedisRosterOptions): Roster {
  const key = serverKeys(prefix).workers
  const joined = new Set<AsyncDisposable>()
  const failed = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'workers'))
  return {
    join(notice) {
      const json = JSON.stringify(notice)
      const say = () => connection.run((client) => joinScript(client, { keys: [key], args: [ttlMs, json] })).catch(failed)
      let saying: Promise<unknown> = say()
      const timer = setInterval(() => {
        saying = say()
      }, ttlMs / 3).unref()
      const standing: AsyncDisposable = {
        async [Symbol.asyncDispose]() {
          clearInterval(timer)
          joined.delete(standing)
          await saying
          await connection.run((client) => client.zrem(key, json)).catch(() => undefined)
        },
      }
      joined.add(standing)
      return standing
    },
    async present() {
      const notices = (await connection.run((client) => presentScript(client, { keys: [key], args: [] }))) as string[]
      return notices.map((json) => JSON.parse(json) as WorkerNotice)
    },
    async [Symbol.asyncDispose]() {
      for (const standing of [...joined]) await standing[Symbol.asyncDispose]()
    },
  }
}
