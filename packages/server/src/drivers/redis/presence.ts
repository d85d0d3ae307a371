import { defineScript, type RedisConnection } from '@imagedoc/core/drivers/redis'

export interface PresenceOptions {
  /** Not closed by it. */
  readonly connection: RedisConnection
  /** A sorted set of notices, by when each is to be believed no more. */
  readonly key: string
  /** So long a process that is lost is still there, in ms. @default 30000 */
  readonly ttlMs?: number | undefined
  /** Told when a notice could not be renewed. */
  readonly failed: (error: unknown) => void
}

/** Who is there, of all processes that share the Redis. */
export interface Presence extends AsyncDisposable {
  /** Until it is disposed of; `said` resolves when the others can see it, or `failed` was told. */
  join(notice: string): AsyncDisposable & { readonly said: Promise<unknown> }
  /** What those say that are there. @throws STORE_UNAVAILABLE */
  present(): Promise<readonly string[]>
}

/** By the clock of Redis, which is one for all. `KEYS`: the set. `ARGV`: the time to live, the notice. */
const joinScript = defineScript(`
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zadd', KEYS[1], now + ARGV[1], ARGV[2])
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
return redis.call('pexpire', KEYS[1], ARGV[1])`)
const presentScript = defineScript(`
local time = redis.call('time')
return redis.call('zrangebyscore', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')`)

/** Notices that are renewed for as long as their process lives. */
export function createRedisPresence({ connection, key, failed, ttlMs = 30_000 }: PresenceOptions): Presence {
  const joined = new Set<AsyncDisposable>()
  return {
    join(notice) {
      const say = () => connection.run((client) => joinScript(client, { keys: [key], args: [ttlMs, notice] })).catch(failed)
      const said = say()
      let saying: Promise<unknown> = said
      const timer = setInterval(() => {
        saying = say()
      }, ttlMs / 3).unref()
      const standing = {
        said,
        async [Symbol.asyncDispose]() {
          clearInterval(timer)
          joined.delete(standing)
          await saying
          await connection.run((client) => client.zrem(key, notice)).catch(() => undefined)
        },
      }
      joined.add(standing)
      return standing
    },
    present: async () => (await connection.run((client) => presentScript(client, { keys: [key], args: [] }))) as string[],
    async [Symbol.asyncDispose]() {
      for (const standing of [...joined]) await standing[Symbol.asyncDispose]()
    },
  }
}
