import type { ResultCache, ResultRecord } from '../ports/result-cache.ts'
import { closedError, createLocalLeases } from './local-leases.ts'
import { decodeRecord, encodeRecord, onlySource } from './record-codec.ts'
import { hexOfKey } from './result-key.ts'

export interface MemoryResultCacheOptions {
  /** @default 256 MiB */
  maxBytes?: number
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

interface Entry {
  bytes: Buffer
  expiresAt: number
  /** The only original it was made from, when there is only one. */
  source: string | undefined
}

/**
 * Results in this process, the least recently used dropped first. Records are kept as bytes: what a caller does to a record that it put or got reaches
 * nobody else, and the bound is on bytes that are really there. A record larger than the bound is not kept.
 */
export function createMemoryResultCache({ maxBytes = 256 * 1024 * 1024, now = Date.now }: MemoryResultCacheOptions = {}): ResultCache {
  /** In order of use, the last one used last. */
  const entries = new Map<string, Entry>()
  const leases = createLocalLeases()
  let bytes = 0
  let closed = false

  const drop = (hex: string) => {
    bytes -= entries.get(hex)?.bytes.length ?? 0
    entries.delete(hex)
  }
  const assertOpen = () => {
    if (closed) throw closedError()
  }
  const look = async (hex: string): Promise<ResultRecord | undefined> => {
    assertOpen()
    const entry = entries.get(hex)
    if (!entry) return undefined
    entries.delete(hex)
    if (entry.expiresAt <= now()) {
      bytes -= entry.bytes.length
      return undefined
    }
    entries.set(hex, entry)
    return decodeRecord(Buffer.from(entry.bytes), hex)?.record
  }

  return {
    get: async (key) => look(hexOfKey(key)),
    async put(key, record, { ttlMs = Number.POSITIVE_INFINITY }) {
      assertOpen()
      const hex = hexOfKey(key)
      const entry = { bytes: encodeRecord(record, { key: hex }), expiresAt: now() + ttlMs, source: onlySource(record) }
      drop(hex)
      if (entry.bytes.length <= maxBytes) {
        entries.set(hex, entry)
        bytes += entry.bytes.length
      }
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break
        drop(oldest)
      }
      leases.announce(hex)
    },
    lease: async (key, { signal }) => {
      const hex = hexOfKey(key)
      return leases.acquire(hex, { signal, look: () => look(hex) })
    },
    async forget(source) {
      assertOpen()
      const found = [...entries].filter(([, entry]) => entry.source === source)
      for (const [hex] of found) drop(hex)
      return found.length
    },
    async clear() {
      assertOpen()
      entries.clear()
      bytes = 0
    },
    stats: async () => ({ entries: entries.size, bytes }),
    async [Symbol.asyncDispose]() {
      closed = true
      leases.close()
      entries.clear()
      bytes = 0
    },
  }
}
