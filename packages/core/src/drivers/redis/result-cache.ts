import type { Redis } from 'ioredis'
import { assertDigest, type Digest } from '../../artifact/digest.ts'
import { ImageDocError } from '../../errors/error.ts'
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
import { REDIS_PREFIX, type ResultKeys, resultKeys } from './keys.ts'
import { acquireRedisLease } from './lease.ts'
import { BATCH, createResultRecords, type ResultRecords } from './result-records.ts'

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
  /**
   * What the records in Redis may take together, their names included; beyond it the idle ones go. For a Redis with `noeviction` that others use too; every
   * process that shares it must say the same. @default no bound
   */
  maxBytes?: number
  /** Redis has so long to answer, in ms. @default 1500 */
  timeoutMs?: number
  /** So long, in ms, others wait for a holder that died. @default 10 000 */
  leaseMs?: number
}

/**
 * Results in Redis (or Valkey), shared by every process that uses it: one value for each record, checked by a crc, with a time to live; one computes a key
 * while the others wait, on whatever machine. A Redis that is away or full is CACHE_UNAVAILABLE within 2 s, and at once from then on until it answers.
 *
 * Give it a `maxmemory-policy` of `noeviction`, and `maxBytes` where others use it too, or of `volatile-ttl`: a policy that evicts the set of a source's keys
 * hides its records from `forget` until they expire. Each write that a full one refuses drops a few idle records, so that the next one fits. Not for
 * Redis Cluster.
 * @throws INVALID_CONFIG for anything but one of `url` and `client`, and for a `maxBytes` that is no positive number
 */
export function createRedisResultCache(options: RedisResultCacheOptions): ResultCache {
  const { url, client, timeoutMs, blobs, maxBytes } = options
  const { prefix = REDIS_PREFIX, ttlMs = 30 * 86_400_000, inlineBytes = INLINE_BYTES, leaseMs = 10_000 } = options
  if (maxBytes !== undefined && !(maxBytes > 0))
    throw new ImageDocError('INVALID_CONFIG', '`maxBytes` of the result cache must be positive.')
  const keys = resultKeys(prefix)
  const connection = createRedisConnection({
    ...(url === undefined ? {} : { url }),
    ...(client === undefined ? {} : { client }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    code: 'CACHE_UNAVAILABLE',
  })
  const records = createResultRecords(connection, { keys, maxBytes })
  const local = createLocalLeases()
  const held = new Set<Lease>()
  const look = async (hex: string) => {
    const bytes = await records.get(hex)
    const found = bytes ? decodeRecord(bytes, hex) : undefined
    if (bytes && !found) await records.drop([hex])
    return found?.record
  }

  return {
    get: async (key) => look(hexOfKey(key)),
    async put(key, given, { ttlMs: wanted = ttlMs }) {
      const hex = hexOfKey(key)
      const record = await withoutLargeBytes(given, inlineBytes, blobs)
      const source = hexOfSource(onlySource(record))
      await records.put({ hex, bytes: encodeRecord(record, { key: hex }), ttlMs: Math.max(1, Math.ceil(wanted)), source })
      local.announce(hex)
    },
    async lease(key, { signal }) {
      const hex = hexOfKey(key)
      const here = await local.acquire(hex, { signal, look: () => look(hex) })
      if (isResultRecord(here)) return here
      try {
        const outcome = await acquireRedisLease(connection, {
          ...{ leaseKey: keys.lease(hex), recordKey: keys.record(hex), leaseMs },
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
      return forgetSource(source, { connection, records, keys, blobs })
    },
    clear: () => records.clear(),
    stats: () => records.stats(),
    async [Symbol.asyncDispose]() {
      local.close()
      for (const lease of held) await lease[Symbol.asyncDispose]()
      await connection[Symbol.asyncDispose]()
    },
  }
}

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

const hexOfSource = (source: Digest | undefined) => source?.slice('sha256:'.length)

async function withoutLargeBytes(record: ResultRecord, inlineBytes: number, blobs: BlobStore): Promise<ResultRecord> {
  const artifacts = artifactsOf(record) as StoredArtifact[]
  if (artifacts.reduce((sum, { inline }) => sum + (inline?.length ?? 0), 0) <= inlineBytes) return record
  for (const { inline, descriptor } of artifacts) {
    if (inline) await blobs.put('cache', inline, { mediaType: descriptor.mediaType, expect: descriptor.digest })
  }
  return { ...record, output: mapArtifacts(record.output, ({ inline: _, ...stored }: StoredArtifact): StoredArtifact => stored) }
}

interface Kept {
  connection: RedisConnection
  records: ResultRecords
  keys: ResultKeys
  blobs: BlobStore
}

async function forgetSource(source: Digest, { connection, records, keys, blobs }: Kept): Promise<number> {
  const name = keys.source(source.slice('sha256:'.length))
  const hexes = await connection.run((redis) => redis.smembers(name))
  let forgotten = 0
  for (let at = 0; at < hexes.length; at += BATCH) {
    const batch = hexes.slice(at, at + BATCH)
    for (const [i, bytes] of (await Promise.all(batch.map(records.get))).entries()) {
      const found = bytes && decodeRecord(bytes, batch[i]!)
      // Put again since, from other originals too: not only this one's any more.
      if (!found || onlySource(found.record) !== source) continue
      forgotten += await records.drop([batch[i]!])
      for (const { digest } of referencesOf(found.record)) await blobs.delete('cache', digest)
    }
    // Not the whole set: what others add meanwhile stays in it.
    await connection.run((redis) => redis.srem(name, ...batch))
  }
  return forgotten
}
