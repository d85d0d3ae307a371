import type { RedisConnection, RedisInfo } from '@imagedoc/core/drivers/redis'
import type { ServerSettings } from '../settings/settings.ts'
import { refused } from './refused.ts'

type RedisSettings = Pick<ServerSettings, 'mongodbUrl' | 'redisUrl' | 'redisCacheUrl'>

/** Several processes may stand on these: what they tell each other goes over Redis, and pages are jobs for workers. */
export function isDistributed({ mongodbUrl, redisUrl }: Pick<RedisSettings, 'mongodbUrl' | 'redisUrl'>): boolean {
  return mongodbUrl !== undefined && redisUrl !== undefined
}

/** One connection for all drivers; undefined where none is configured. @throws INVALID_CONFIG by the variable's name */
export async function openRedis(settings: RedisSettings, stack: AsyncDisposableStack): Promise<RedisConnection | undefined> {
  const { redisUrl, redisCacheUrl } = settings
  const { createRedisConnection, redisInfo } = await import('@imagedoc/core/drivers/redis')
  if (redisCacheUrl !== undefined) assertUsable(await redisInfo(redisCacheUrl), 'IMAGEDOC_REDIS_CACHE_URL')
  if (redisUrl === undefined) return undefined
  const info = await redisInfo(redisUrl)
  assertUsable(info, 'IMAGEDOC_REDIS_URL')
  if (isDistributed(settings)) assertKeepsJobs(info)
  return stack.use(createRedisConnection({ url: redisUrl }))
}

type Reachable = Extract<RedisInfo, { reachable: true }>

function assertUsable(info: RedisInfo, variable: string): asserts info is Reachable {
  if (!info.reachable)
    throw refused(variable, `${variable} cannot be used: Redis ${info.reason}. Check the address, and that the server runs.`)
  if (info.supported) return
  throw refused(variable, `${variable} leads to ${info.product} ${info.version}; it expects Redis 6.2 or newer, or Valkey.`)
}

/** BullMQ's jobs are keys without an end: a Redis that throws keys away loses some, and the rest no longer fits together. */
function assertKeepsJobs({ maxMemoryPolicy }: Reachable): void {
  if (['noeviction', 'unknown'].includes(maxMemoryPolicy)) return
  throw refused(
    'IMAGEDOC_REDIS_URL',
    `IMAGEDOC_REDIS_URL leads to a Redis with the maxmemory-policy ${maxMemoryPolicy}, which may throw jobs away; the queue expects noeviction. A cache with another policy goes to IMAGEDOC_REDIS_CACHE_URL.`,
  )
}
