import { isResultRecord, type ResultCache, type ResultRecord } from '../ports/result-cache.ts'

export interface TieredResultCacheOptions {
  /** How long a copy in front is used without asking the back: so long may an expiry or another process's `forget` go unnoticed. @default 5 minutes */
  frontTtlMs?: number
}

/**
 * A fast cache before a lasting one, for example memory before files. The back is the truth: it gives the leases and the figures, and a copy in
 * front lives a few minutes. Disposing disposes of both.
 */
export function createTieredResultCache(front: ResultCache, back: ResultCache, options: TieredResultCacheOptions = {}): ResultCache {
  const { frontTtlMs = 5 * 60 * 1000 } = options
  const keep = async (key: string, record: ResultRecord): Promise<ResultRecord> => {
    await front.put(key, record, { ttlMs: frontTtlMs })
    return record
  }
  return {
    async get(key) {
      const near = await front.get(key)
      if (near) return near
      const far = await back.get(key)
      return far && keep(key, far)
    },
    async put(key, record, { ttlMs }) {
      // In front first: a back that is away or full must not cost this process its own result.
      await front.put(key, record, { ttlMs: Math.min(ttlMs ?? frontTtlMs, frontTtlMs) })
      await back.put(key, record, ttlMs === undefined ? {} : { ttlMs })
    },
    async lease(key, { signal }) {
      const near = await front.get(key)
      if (near) return near
      const outcome = await back.lease(key, { signal })
      return isResultRecord(outcome) ? keep(key, outcome) : outcome
    },
    async forget(source) {
      await front.forget(source)
      return back.forget(source)
    },
    async clear() {
      await front.clear()
      await back.clear()
    },
    stats: () => back.stats(),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await back[Symbol.asyncDispose]()
    },
  }
}
