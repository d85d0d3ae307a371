import { createMemoryResultCache, type Digest, digestOf, ImageDocError, type ResultCache, type ResultRecord } from '@imagedoc/core'
import { describe, expect, it } from 'vitest'
import { createSecondUseCache } from '../../src/interactive/second-use-cache.ts'

const keyOf = (name: string): string => digestOf(name).slice('sha256:'.length)
const letter = digestOf('a letter')

function recordOf(name: string, source: Digest = letter): ResultRecord {
  const inline = new TextEncoder().encode(name)
  const descriptor = { mediaType: 'text/plain', digest: digestOf(inline), size: inline.length }
  return {
    schemaVersion: 2,
    output: { kind: 'text', meta: null, matrix: null, descriptor, inline },
    diagnostics: [],
    fingerprint: null,
    sources: [source],
    createdAt: '2026-11-25T00:00:00.000Z',
  }
}

describe('a cache for what somebody waits for', () => {
  it('gives a result at once, and hands it on when it is asked for again', async () => {
    await using lasting = createMemoryResultCache()
    const cache = createSecondUseCache(lasting)
    await cache.put(keyOf('a'), recordOf('a'), {})
    await cache.put(keyOf('b'), recordOf('b'), {})
    expect(await lasting.stats()).toMatchObject({ entries: 0 })
    expect(await cache.get(keyOf('a'))).toEqual(recordOf('a'))
    await cache[Symbol.asyncDispose]()
    expect(await lasting.get(keyOf('a'))).toEqual(recordOf('a'))
    expect(await lasting.get(keyOf('b'))).toBeUndefined()
  })

  it('finds what others have put into the lasting one', async () => {
    await using lasting = createMemoryResultCache()
    await using cache = createSecondUseCache(lasting)
    await lasting.put(keyOf('a'), recordOf('a'), {})
    expect(await cache.get(keyOf('a'))).toEqual(recordOf('a'))
  })

  it('forgets what is only here, what is on its way and what is there', async () => {
    await using lasting = createMemoryResultCache()
    await using cache = createSecondUseCache(lasting)
    for (const name of ['here', 'on its way']) await cache.put(keyOf(name), recordOf(name), {})
    await lasting.put(keyOf('there'), recordOf('there'), {})
    await cache.put(keyOf('other'), recordOf('other', digestOf('another letter')), {})
    await cache.get(keyOf('on its way'))
    expect(await cache.forget(letter)).toBeGreaterThanOrEqual(3)
    for (const name of ['here', 'on its way', 'there']) expect(await cache.get(keyOf(name)), name).toBeUndefined()
    expect(await cache.get(keyOf('other'))).toEqual(recordOf('other', digestOf('another letter')))
    await cache.clear()
    expect(await cache.get(keyOf('other'))).toBeUndefined()
  })

  it('one computes, the others wait for what it puts', async () => {
    await using lasting = createMemoryResultCache()
    await using cache = createSecondUseCache(lasting)
    const { signal } = new AbortController()
    const lease = await cache.lease(keyOf('a'), { signal })
    const waiting = cache.lease(keyOf('a'), { signal })
    await cache.put(keyOf('a'), recordOf('a'), {})
    expect(await waiting).toEqual(recordOf('a'))
    await (lease as AsyncDisposable)[Symbol.asyncDispose]()
  })

  it('a lasting one that is away costs nothing but the next start', async () => {
    const away = async () => Promise.reject(new ImageDocError('CACHE_UNAVAILABLE', 'It is away.'))
    const lasting: ResultCache = { ...createMemoryResultCache(), put: away }
    await using cache = createSecondUseCache(lasting)
    await cache.put(keyOf('a'), recordOf('a'), {})
    for (let time = 0; time < 3; time++) expect(await cache.get(keyOf('a'))).toEqual(recordOf('a'))
  })

  it('is bounded in bytes: what was not asked for again goes first', async () => {
    await using lasting = createMemoryResultCache()
    await using cache = createSecondUseCache(lasting, { maxBytes: 2000 })
    for (let index = 0; index < 20; index++) await cache.put(keyOf(`${index}`), recordOf('x'.repeat(200)), {})
    expect(await cache.get(keyOf('0'))).toBeUndefined()
    expect(await cache.get(keyOf('19'))).toBeDefined()
  })
})
