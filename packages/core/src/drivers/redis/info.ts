import { performance } from 'node:perf_hooks'
import type { Redis } from 'ioredis'
import { isReply, newClient, refusalOf, TIMEOUT_MS, withDeadline } from './connection.ts'
import { parseRedisUrl } from './url.ts'

/** What a Redis says of itself. */
export type RedisInfo =
  | {
      reachable: false
      /** In words that follow "Redis", without any part of the address. */
      reason: string
    }
  | {
      reachable: true
      product: 'redis' | 'valkey'
      /** The product's own, such as `7.0.15`. */
      version: string
      /** Redis 6.2 or later, and every Valkey. */
      supported: boolean
      /** Median of five questions, in ms. */
      latencyMs: number
      /** Bytes; 0 for no bound. */
      maxMemory: number
      usedMemory: number
      /** `noeviction`, `volatile-ttl`, ... */
      maxMemoryPolicy: string
      /** What it keeps on its disk: every write (AOF), or a copy now and then. */
      appendOnly: boolean
      snapshots: boolean
    }

const LEAST = [6, 2] as const
const QUESTIONS = 5

/**
 * Asks a Redis what it is and how it is set up, for a check before the start.
 * @throws INVALID_CONFIG for an address that is none
 * @example const info = await redisInfo('redis://127.0.0.1:6379')
 */
export async function redisInfo(url: string, { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}): Promise<RedisInfo> {
  const address = parseRedisUrl(url)
  // RESP2, so that one which is too old can say so; no database, because a wrong one is silently 0 (ioredis only tells its listeners).
  const client = await newClient({ ...address, db: 0, protocol: 2, retryStrategy: () => null, maxRetriesPerRequest: 0 }, timeoutMs)
  try {
    return await withDeadline(ask(client, address.db ?? 0), timeoutMs)
  } catch (error) {
    return { reachable: false, reason: isReply(error) ? refusalOf(error) : 'does not answer' }
  } finally {
    client.disconnect()
  }
}

async function ask(client: Redis, database: number): Promise<RedisInfo> {
  await client.select(database)
  const facts = factsOf(await client.info())
  const redisVersion = facts.get('redis_version') ?? ''
  const valkeyVersion = facts.get('valkey_version')
  return {
    reachable: true,
    product: valkeyVersion === undefined ? 'redis' : 'valkey',
    version: valkeyVersion ?? redisVersion,
    supported: isSupported(redisVersion),
    latencyMs: await latencyOf(client),
    maxMemory: Number(facts.get('maxmemory') ?? 0),
    usedMemory: Number(facts.get('used_memory') ?? 0),
    maxMemoryPolicy: facts.get('maxmemory_policy') ?? 'unknown',
    appendOnly: facts.get('aof_enabled') === '1',
    snapshots: await hasSnapshots(client),
  }
}

function factsOf(info: string): Map<string, string> {
  return new Map(
    info
      .split('\r\n')
      .flatMap((line) => (line.includes(':') ? [[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]] : [])),
  )
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])
}

async function latencyOf(client: Redis): Promise<number> {
  const times: number[] = []
  for (let question = 0; question < QUESTIONS; question++) {
    const askedAt = performance.now()
    await client.ping()
    times.push(performance.now() - askedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(QUESTIONS / 2)] ?? 0
}

/** A hosted Redis does not show its configuration; there the host answers for snapshots. */
async function hasSnapshots(client: Redis): Promise<boolean> {
  const [, save = ''] = ((await client.config('GET', 'save').catch(() => [])) as string[]) ?? []
  return save !== ''
}
