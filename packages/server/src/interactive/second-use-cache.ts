import { createMemoryResultCache, type ResultCache } from '@imagedoc/core'

export interface SecondUseCacheOptions {
  /** Of results that were made here and nobody has asked for again. @default 32 MiB */
  readonly maxBytes?: number
}

/** Keys that are remembered to be only here; the results behind them are bounded in bytes. */
const REMEMBERED = 10_000

/**
 * A cache before a lasting one, for what somebody waits for: a result stays in memory until it is asked for again, and only then goes into the lasting
 * cache, behind the caller's back. What a moving slider makes is looked at once: written to files it would take time, and the place of what is of use.
 * Single flight is within this process. The lasting cache is disposed by whoever made it.
 */
export function createSecondUseCache(lasting: ResultCache, { maxBytes = 32 * 2 ** 20 }: SecondUseCacheOptions = {}): ResultCache {
  const own = createMemoryResultCache({ maxBytes })
  const onlyHere = new Map<string, { ttlMs?: number }>()
  const writing = new Set<Promise<void>>()
  const write = (key: string, ...rest: [Parameters<ResultCache['put']>[1], { ttlMs?: number }]): void => {
    // Lost there it is made again: an unreachable cache is told by whoever reads it.
    const written = lasting.put(key, ...rest).then(undefined, () => undefined)
    writing.add(written)
    void written.then(() => writing.delete(written))
  }
  const near = async (key: string): ReturnType<ResultCache['get']> => {
    const found = await own.get(key)
    const options = onlyHere.get(key)
    if (options) onlyHere.delete(key)
    if (found && options) write(key, found, options)
    return found
  }
  return {
    get: async (key) => (await near(key)) ?? lasting.get(key),
    async put(key, record, options) {
      await own.put(key, record, options)
      onlyHere.set(key, options)
      if (onlyHere.size > REMEMBERED) onlyHere.delete(onlyHere.keys().next().value ?? '')
    },
    lease: async (key, options) => (await near(key)) ?? own.lease(key, options),
    async forget(source) {
      const forgotten = await own.forget(source)
      await Promise.all(writing)
      return forgotten + (await lasting.forget(source))
    },
    async clear() {
      await own.clear()
      await Promise.all(writing)
      await lasting.clear()
    },
    stats: () => lasting.stats(),
    async [Symbol.asyncDispose]() {
      await Promise.all(writing)
      await own[Symbol.asyncDispose]()
    },
  }
}
