import type { Redis } from 'ioredis'
import { isReply, type RedisConnection, refusalOf } from './connection.ts'
import type { ResultKeys } from './keys.ts'
import { dropScript, putScript, sweepScript, yieldScript } from './result-scripts.ts'

export interface ResultRecordsOptions {
  keys: ResultKeys
  /** All records together, with {@link OVERHEAD_BYTES} each; undefined for no bound. */
  maxBytes: number | undefined
}

export interface PutRecord {
  hex: string
  bytes: Buffer
  /** A positive whole number. */
  ttlMs: number
  /** Hex digits of the only original that it came from. */
  source: string | undefined
}

/** The values of the cache, and the account of what they take. Every method throws CACHE_UNAVAILABLE. */
export interface ResultRecords {
  get(hex: string): Promise<Buffer | null>
  /** Not kept when there is no room for it. */
  put(record: PutRecord): Promise<void>
  /** How many were there. */
  drop(hexes: readonly string[]): Promise<number>
  clear(): Promise<void>
  stats(): Promise<{ entries: number; bytes: number }>
}

/** What Redis needs for a record beside its value, as measured: its names in four keys with what belongs to an entry of each. */
export const OVERHEAD_BYTES = 768
/** Records in one exchange, so that none holds up Redis for long. */
export const BATCH = 100

export function createResultRecords(connection: RedisConnection, { keys, maxBytes }: ResultRecordsOptions): ResultRecords {
  const prefix = keys.record('')
  const account = [keys.index, keys.sizes]
  const drop = async (hexes: readonly string[]) =>
    Number(await connection.run((redis) => dropScript(redis, { keys: account, args: [prefix, ...hexes] })))
  /** A full Redis is everyone's trouble, and what is here can be made again. Where nobody else writes it would stay full until the first record expires. */
  const makeRoom = async (redis: Redis, error: unknown) => {
    if (isReply(error) && refusalOf(error) === 'is full') {
      await yieldScript(redis, { keys: account, args: [prefix] }).catch(() => undefined)
    }
    throw error
  }

  return {
    get: (hex) => connection.run((redis) => redis.getBuffer(keys.record(hex))),
    async put({ hex, bytes, ttlMs, source }) {
      const args = [prefix, hex, bytes, ttlMs, maxBytes ?? 0, OVERHEAD_BYTES, ...(source ? [source] : [])]
      const names = [...account, keys.sources, ...(source ? [keys.source(source)] : [])]
      await connection.run((redis) => putScript(redis, { keys: names, args }).catch((error) => makeRoom(redis, error)))
    },
    drop,
    async clear() {
      for (;;) {
        const hexes = await connection.run((redis) => redis.zrange(keys.index, '0', `${BATCH - 1}`))
        if (hexes.length === 0) break
        await drop(hexes)
      }
      for (;;) {
        const sources = await connection.run((redis) => redis.zrange(keys.sources, '0', `${BATCH - 1}`))
        if (sources.length === 0) break
        await connection.run(async (redis) => {
          await redis.unlink(sources.map(keys.source))
          await redis.zrem(keys.sources, ...sources)
        })
      }
      await connection.run((redis) => redis.unlink(keys.index, keys.sizes, keys.sources))
    },
    async stats() {
      for (;;) {
        const counted = await connection.run((redis) => sweepScript(redis, { keys: account, args: [prefix, BATCH] }))
        if (!counted) continue
        const [entries = 0, total = 0] = (counted as [number, string]).map(Number)
        return { entries, bytes: Math.max(0, total - entries * OVERHEAD_BYTES) }
      }
    },
  }
}
