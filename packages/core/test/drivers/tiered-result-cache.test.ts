import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFileResultCache } from '../../src/drivers/file-result-cache.ts'
import { createMemoryResultCache } from '../../src/drivers/memory-result-cache.ts'
import { createTieredResultCache } from '../../src/drivers/tiered-result-cache.ts'
import { ImageDocError } from '../../src/errors/error.ts'
import type { ResultCache } from '../../src/ports/result-cache.ts'
import { describeResultCacheContract } from '../../src/testing/index.ts'
import { keyOf, recordOf } from './sample-record.ts'

let root: string
let time = 0
const now = () => time
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'imagedoc-tiers-'))
})
afterAll(async () => rm(root, { recursive: true }))

const files = async () => createFileResultCache({ path: await mkdtemp(join(root, 'back-')), now })

describeResultCacheContract('memory before files', {
  create: async () => createTieredResultCache(createMemoryResultCache({ now }), await files()),
  pass: async (ms) => {
    time += ms
  },
})

describe('memory before files', () => {
  it('asks the back once, and again when the copy in front is old', async () => {
    const back = await files()
    let asked = 0
    const counting: ResultCache = {
      ...back,
      get: (key) => {
        asked++
        return back.get(key)
      },
    }
    await using cache = createTieredResultCache(createMemoryResultCache({ now }), counting, { frontTtlMs: 1000 })
    await back.put(keyOf('a'), recordOf(10), {})
    for (let i = 0; i < 5; i++) expect(await cache.get(keyOf('a'))).toEqual(recordOf(10))
    expect(asked).toBe(1)
    await back.clear()
    time += 1001
    expect(await cache.get(keyOf('a'))).toBeUndefined()
  })

  it('keeps a result in front although the back refuses it, and says so', async () => {
    const back = await files()
    const full: ResultCache = { ...back, put: async () => Promise.reject(new ImageDocError('CACHE_UNAVAILABLE', 'The disk is full.')) }
    await using cache = createTieredResultCache(createMemoryResultCache({ now }), full)
    await expect(cache.put(keyOf('a'), recordOf(10), {})).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
    expect(await cache.get(keyOf('a'))).toEqual(recordOf(10))
  })
})
