import { randomUUID } from 'node:crypto'
import { ImageDocError, isImageDocError } from '@imagedoc/core'
import { createRedisConnection, REDIS_PREFIX, type RedisInfo, redisInfo, takeRedisKey } from '@imagedoc/core/drivers/redis'
import { serverKeys } from '../drivers/redis/keys.ts'
import { inMs, type ServerCheck } from './server-check.ts'

export interface RedisUse {
  /** The variable that names it. */
  readonly name: 'IMAGEDOC_REDIS_URL' | 'IMAGEDOC_REDIS_CACHE_URL'
  readonly url: string
  /** It holds the queue. */
  readonly queue: boolean
}

type Reachable = Extract<RedisInfo, { reachable: true }>

/** Reaches it, and writes, reads and deletes a key of its own; what is set up otherwise than the queue needs it is said. */
export async function checkRedis({ name, url, queue }: RedisUse): Promise<ServerCheck> {
  const info = await redisInfo(url)
  if (!info.reachable) return wrong(name, `Redis ${info.reason}`, 'Check the address, the password, and that the server runs.')
  const { product, version, latencyMs } = info
  const said = `${product === 'valkey' ? 'Valkey' : 'Redis'} ${version}, ${inMs(latencyMs)}`
  if (!info.supported) return wrong(name, said, 'Redis 6.2 or newer is needed, or Valkey.')
  const refusal = await probe(url)
  if (refusal !== undefined)
    return wrong(name, `${said}; ${refusal}`, 'Its user needs +@all -@dangerous +info on imagedoc:*, see docs/drivers.md.')
  return queue ? judgeQueue(name, said, info) : { name, status: 'ok', message: `${said}, keys can be written and read` }
}

/** What is refused; undefined when nothing is. */
async function probe(url: string): Promise<string | undefined> {
  await using connection = createRedisConnection({ url })
  const keys = serverKeys(REDIS_PREFIX)
  try {
    const key = keys.lock(`doctor:${randomUUID()}`)
    const hold = await takeRedisKey(connection, { key, ttlMs: 5000, lost: lostError })
    await connection.run((client) => client.publish(keys.event(client.options.db ?? 0, 'doctor'), 'null'))
    await hold?.[Symbol.asyncDispose]()
    return undefined
  } catch (error) {
    return isImageDocError(error) ? error.message : 'it cannot be used'
  }
}

function judgeQueue(name: string, said: string, { maxMemoryPolicy, appendOnly, snapshots }: Reachable): ServerCheck {
  if (!['noeviction', 'unknown'].includes(maxMemoryPolicy))
    return wrong(
      name,
      `${said}; maxmemory-policy ${maxMemoryPolicy} may throw jobs away`,
      'Set noeviction, and give the cache its own by IMAGEDOC_REDIS_CACHE_URL.',
    )
  if (appendOnly) return { name, status: 'ok', message: `${said}, ${maxMemoryPolicy}, append-only file` }
  const kept = snapshots ? 'snapshots alone' : 'nothing on its disk'
  return {
    name,
    status: 'note',
    message: `${said}, ${maxMemoryPolicy}, keeps ${kept}`,
    remedy: 'With appendonly yes a restart of it loses no jobs; runs go on in either case.',
  }
}

const wrong = (name: string, message: string, remedy: string): ServerCheck => ({ name, status: 'wrong', message, remedy })

const lostError = () => new ImageDocError('STORE_UNAVAILABLE', 'Redis does not answer.')
