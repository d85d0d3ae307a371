import { describe, expect, it } from 'vitest'
import { createMemoryResultCache } from '../../src/drivers/memory-result-cache.ts'
import { describeResultCacheContract } from '../../src/testing/index.ts'
import { keyOf, recordOf } from './sample-record.ts'

let time = 0
describeResultCacheContract('the memory result cache', {
  create: async () => createMemoryResultCache({ now: () => time }),
  pass: async (ms) => {
    time += ms
  },
})

describe('the memory result cache', () => {
  it('drops what was not used for longest when it is full', async () => {
    await using cache = createMemoryResultCache({ maxBytes: 10_000 })
    for (const key of ['a', 'b', 'c']) await cache.put(keyOf(key), recordOf(2500), {})
    await cache.get(keyOf('a'))
    await cache.put(keyOf('d'), recordOf(2500), {})
    const left = await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(keyOf(key))))
    expect(left.map((record) => record !== undefined)).toEqual([true, false, true, true])
    expect((await cache.stats()).bytes).toBeLessThanOrEqual(10_000)
  })

  it('does not keep, and drops nothing for, a record larger than itself', async () => {
    await using cache = createMemoryResultCache({ maxBytes: 10_000 })
    await cache.put(keyOf('a'), recordOf(2500), {})
    await cache.put(keyOf('large'), recordOf(20_000), {})
    expect(await cache.get(keyOf('large'))).toBeUndefined()
    expect(await cache.get(keyOf('a'))).toBeDefined()
  })
})
