import { isImageDocError } from '@imagedoc/core'
import { createRedisConnection } from '@imagedoc/core/drivers/redis'
import { createRedisRoster } from '../drivers/redis/roster.ts'
import { assertCombination } from '../open-drivers/assert-combination.ts'
import { s3OptionsOf } from '../open-drivers/objects.ts'
import { isDistributed } from '../open-drivers/redis.ts'
import { readSettings, type ServerSettings } from '../settings/settings.ts'
import type { Environment } from '../settings/variables.ts'
import { checkBucket } from './check-bucket.ts'
import { checkMongodb } from './check-mongodb.ts'
import { checkRedis } from './check-redis.ts'
import type { ServerCheck } from './server-check.ts'

/**
 * Looks at every server that the settings name: reachable, product and version, latency, permissions, by writing and removing something small. No check
 * shows an address or a secret.
 * @throws nothing: what is wrong is in the checks, with what to do about it
 */
export async function checkServers({ environment = process.env }: { environment?: Environment } = {}): Promise<readonly ServerCheck[]> {
  const read = settingsOf(environment)
  if ('status' in read) return [read]
  const { mongodbUrl, redisUrl, redisCacheUrl } = read
  const queue = isDistributed(read)
  const bucket = s3OptionsOf(read)
  return [
    ...(mongodbUrl === undefined ? [] : [await checkMongodb(mongodbUrl)]),
    ...(redisUrl === undefined ? [] : [await checkRedis({ name: 'IMAGEDOC_REDIS_URL', url: redisUrl, queue })]),
    ...(redisCacheUrl === undefined ? [] : [await checkRedis({ name: 'IMAGEDOC_REDIS_CACHE_URL', url: redisCacheUrl, queue: false })]),
    ...(bucket === undefined ? [] : [await checkBucket(bucket)]),
    ...(queue ? [await checkWorkers(redisUrl as string)] : []),
  ]
}

function settingsOf(environment: Environment): ServerSettings | ServerCheck {
  try {
    const settings = readSettings(environment)
    assertCombination(settings)
    return settings
  } catch (error) {
    if (!isImageDocError(error)) throw error
    return { name: 'settings', status: 'wrong', message: error.message, remedy: 'See docs/configuration.md.' }
  }
}

async function checkWorkers(url: string): Promise<ServerCheck> {
  await using connection = createRedisConnection({ url })
  await using roster = createRedisRoster({ connection, log: { warn: () => undefined } })
  const present = await roster.present().catch(() => undefined)
  if (!present) return { name: 'workers', status: 'note', message: 'nobody knows while Redis cannot be used' }
  const takes = [...new Set(present.flatMap((notice) => notice.takes))].sort()
  if (present.length > 0) return { name: 'workers', status: 'ok', message: `${present.length}; they take ${takes.join(', ')}` }
  const remedy = 'Start one with imagedoc worker: without any, runs fail after two minutes.'
  return { name: 'workers', status: 'note', message: 'none is there', remedy }
}
