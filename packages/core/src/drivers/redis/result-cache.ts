import type { Redis } from 'ioredis'
import { assertDigest, type Digest } from '../../artifact/digest.ts'
import type { BlobStore } from '../../ports/blob-store.ts'
import {
  INLINE_BYTES,
  isResultRecord,
  type Lease,
  type ResultCache,
  type ResultRecord,
  type StoredArtifact,
} from '../../ports/result-cache.ts'
import { createLocalLeases } from '../local-leases.ts'
import { artifactsOf, decodeRecord, encodeRecord, mapArtifacts, onlySource, referencesOf } from '../record-codec.ts'
import { hexOfKey } from '../result-key.ts'
import { createRedisConnection, type RedisConnection } from './connection.ts'
import { acquireRedisLease } from './lease.ts'

/** What {@link createRedisResultCache} takes. */
export interface RedisResultCacheOptions {
  /** `redis://` or `rediss://`. Either this or `client`. */
  url?: string
  /** A client of ioredis 6 without a `keyPrefix`; it is not closed. */
  client?: Redis
  /** Before every key. @default 'imagedoc:' */
  prefix?: string
  /** Where outputs too large for Redis go; every process that shares the Redis must share it. */
  blobs: BlobStore
  /** Of records that are put without one, in ms. @default 30 days */
  ttlMs?: number
  /** A record with more inline bytes keeps them in `blobs`. @default 256 KiB */
  inlineBytes?: number
  /** Redis has so long to answer, in ms. @default 1500 */
  timeoutMs?: number
  /** So long, in ms, others wait for a holder that died. @default 10 000 */
  leaseMs?: number
}

type Settings = Required<Omit<RedisResultCacheOptions, 'url' | 'client' | 'timeoutMs'>>

/** The set lives as long as the longest of the records that it names. */
const indexScript = `redis.call('sadd', KEYS[1], ARGV[1])
if redis.call('pttl', KEYS[1]) < tonumber(ARGV[2]) then redis.call('pexpire', KEYS[1], ARGV[2]) end return 1`

/** Records looked at in one exchange by `forget`, `clear` and `stats`. */
const BATCH = 100

/**
 * Results in Redis (or Valkey), shared by every process that uses it: one value for each record, checked by a crc, with a time to live; one computes a key
 * while the others wait, on whatever machine. A Redis that is away or full is CACHE_UNAVAILABLE within 2 s, and at once from then on until it answers.
 *
 * Give it a `maxmemory-policy` of `noeviction`, or of `volatile-ttl`: a policy that evicts the set of a source's keys hides its records from `forget` until
 * they expire. Not for Redis Cluster. `clear` and `stats` walk over all keys of the database (SCAN), and touch only those with the prefix.
 * @throws INVALID_CONFIG for anything but one of `url` and `client`
 */
export function createRedisResultCache(options: RedisResultCacheOptions): ResultCache {
  const {
    url,
    client,
    prefix = 'imagedoc:',
    ttlMs = 30 * 86_400_000,
    inlineBytes = INLINE_BYTES,
    timeoutMs = 1500,
    leaseMs = 10_000,
    blobs,
  } = options
  const settings: Settings = { prefix, ttlMs, inlineBytes, leaseMs, blobs }
  const connection = createRedisConnection({
    ...(url === undefined ? {} : { url }),
    ...(client === undefined ? {} : { client }),
    timeoutMs,
  })
  const local = createLocalLeases()
  const held = new Set<Lease>()
  const look = async (hex: string) => {
    const bytes = await connection.run((redis) => redis.getBuffer(recordKey(prefix, hex)))
    const found = bytes ? decodeRecord(bytes, hex) : undefined
    if (bytes && !found) await connection.run((redis) => redis.unlink(recordKey(prefix, hex)))
    return found?.record
  }

  return {
    get: async (key) => look(hexOfKey(key)),
    async put(key, record, { ttlMs: wanted = ttlMs }) {
      const hex = hexOfKey(key)
      await putRecord(connection, settings, { hex, record, ttlMs: Math.max(1, Math.ceil(wanted)) })
      local.announce(hex)
    },
    async lease(key, { signal }) {
      const hex = hexOfKey(key)
      const here = await local.acquire(hex, { signal, look: () => look(hex) })
      if (isResultRecord(here)) return here
      try {
        const outcome = await acquireRedisLease(connection, {
          ...{ leaseKey: `${prefix}lease:${hex}`, recordKey: recordKey(prefix, hex), leaseMs },
          signal: AbortSignal.any([signal, here.signal]),
          decode: (bytes) => decodeRecord(bytes, hex)?.record,
        })
        if (!isResultRecord(outcome)) return bothLeases(here, outcome, held)
        await here[Symbol.asyncDispose]()
        return outcome
      } catch (error) {
        await here[Symbol.asyncDispose]()
        throw error
      }
    },
    async forget(source) {
      assertDigest(source)
      return forgetSource(connection, settings, source)
    },
    async clear() {
      for await (const keys of ownKeys(connection, prefix)) await connection.run((redis) => redis.unlink(keys))
    },
    async stats() {
      let entries = 0
      let bytes = 0
      for await (const keys of ownKeys(connection, `${prefix}result:`)) {
        const sizes = await connection.run((redis) => Promise.all(keys.map((key) => redis.strlen(key))))
        entries += sizes.length
        bytes += sizes.reduce((sum, size) => sum + size, 0)
      }
      return { entries, bytes }
    },
    async [Symbol.asyncDispose]() {
      local.close()
      for (const lease of held) await lease[Symbol.asyncDispose]()
      await connection.close()
    },
  }
}

const recordKey = (prefix: string, hex: string) => `${prefix}result:${hex}`
const sourceKey = (prefix: string, source: Digest) => `${prefix}source:${source.slice('sha256:'.length)}`

function bothLeases(here: Lease, everywhere: Lease, held: Set<Lease>): Lease {
  const lease: Lease = {
    signal: AbortSignal.any([here.signal, everywhere.signal]),
    async [Symbol.asyncDispose]() {
      held.delete(lease)
      await everywhere[Symbol.asyncDispose]()
      await here[Symbol.asyncDispose]()
    },
  }
  held.add(lease)
  return lease
}

async function putRecord(
  connection: RedisConnection,
  settings: Settings,
  put: { hex: string; record: ResultRecord; ttlMs: number },
): Promise<void> {
  const { prefix, blobs, inlineBytes } = settings
  const { hex, ttlMs } = put
  const record = await withoutLargeBytes(put.record, inlineBytes, blobs)
  const bytes = encodeRecord(record, { key: hex })
  const source = onlySource(record)
  await connection.run(async (redis) => {
    const commands = redis.pipeline()
    // The index first: a record that no index names could not be forgotten.
    if (source) commands.eval(indexScript, 1, sourceKey(prefix, source), hex, ttlMs)
    const answers = await commands.set(recordKey(prefix, hex), bytes, 'PX', ttlMs).exec()
    for (const [error] of answers ?? []) if (error) throw error
  })
}

async function withoutLargeBytes(record: ResultRecord, inlineBytes: number, blobs: BlobStore): Promise<ResultRecord> {
  const artifacts = artifactsOf(record) as StoredArtifact[]
  if (artifacts.reduce((sum, { inline }) => sum + (inline?.length ?? 0), 0) <= inlineBytes) return record
  for (const { inline, descriptor } of artifacts) {
    if (inline) await blobs.put('cache', inline, { mediaType: descriptor.mediaType, expect: descriptor.digest })
  }
  return { ...record, output: mapArtifacts(record.output, ({ inline: _, ...stored }: StoredArtifact): StoredArtifact => stored) }
}

async function forgetSource(connection: RedisConnection, { prefix, blobs }: Settings, source: Digest): Promise<number> {
  const index = sourceKey(prefix, source)
  const keys = await connection.run((redis) => redis.smembers(index))
  let forgotten = 0
  for (let at = 0; at < keys.length; at += BATCH) {
    const batch = keys.slice(at, at + BATCH)
    const records = await connection.run((redis) => Promise.all(batch.map((hex) => redis.getBuffer(recordKey(prefix, hex)))))
    for (const [i, bytes] of records.entries()) {
      const found = bytes && decodeRecord(bytes, batch[i]!)
      // Put again since, from other originals too: not only this one's any more.
      if (!found || onlySource(found.record) !== source) continue
      forgotten += await connection.run((redis) => redis.unlink(recordKey(prefix, batch[i]!)))
      for (const { digest } of referencesOf(found.record)) await blobs.delete('cache', digest)
    }
    // Not the whole set: what others add meanwhile stays in it.
    await connection.run((redis) => redis.srem(index, ...batch))
  }
  return forgotten
}

async function* ownKeys(connection: RedisConnection, prefix: string): AsyncGenerator<string[], void, undefined> {
  const pattern = `${prefix.replace(/[\\?*[\]^-]/g, '\\$&')}*`
  let cursor = '0'
  do {
    const [next, keys] = await connection.run((redis) => redis.scan(cursor, 'MATCH', pattern, 'COUNT', BATCH * 10))
    if (keys.length > 0) yield keys
    cursor = next
  } while (cursor !== '0')
}
