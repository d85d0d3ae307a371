import { defineScript, type RedisConnection } from '@imagedoc/core/drivers/redis'

/** As much of an ioredis client as rate-limiter-flexible uses of one, over a connection on which no call hangs. */
export interface LimiterClient {
  defineCommand(name: string, command: { numberOfKeys: number; lua: string }): void
  del(key: string): Promise<number>
}

/** @see RateLimiterRedis, which defines its one command and calls it by its name */
export function createLimiterClient(connection: RedisConnection): LimiterClient {
  const client: LimiterClient & Record<string, unknown> = {
    defineCommand(name, { numberOfKeys, lua }) {
      const script = defineScript(lua)
      client[name] = (args: readonly string[]) =>
        connection.run((redis) => script(redis, { keys: args.slice(0, numberOfKeys), args: args.slice(numberOfKeys) }))
    },
    del: (key) => connection.run((redis) => redis.del(key)),
  }
  return client
}
