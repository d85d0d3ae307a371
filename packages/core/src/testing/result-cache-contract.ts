import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../artifact/digest.ts'
import { identity } from '../artifact/matrix.ts'
import { isResultRecord, type Lease, type ResultCache, type ResultRecord, type StoredArtifact } from '../ports/result-cache.ts'

/** How the suite makes the cache that it examines. */
export interface ResultCacheContract {
  /** An empty cache; called before every test. The suite disposes of it. */
  create(): Promise<ResultCache>
  /** Another cache over the same place, as another process has it. Without it those tests are left out. The suite disposes of it. */
  another?(): Promise<ResultCache>
  /** Lets time pass for the cache: an injected clock, or waiting. */
  pass(ms: number): Promise<void>
  /** Changes the stored bytes of a record behind the cache's back. Without it the test of damage is left out. */
  damage?(key: string): Promise<void>
}

const idle = () => new AbortController().signal
const keyOf = (name: string) => digestOf(name).slice('sha256:'.length)
const book = digestOf('a book')
const letter = digestOf('a letter')

/** What every ResultCache must do; to be called in a test file. */
export function describeResultCacheContract(name: string, contract: ResultCacheContract): void {
  describe(`${name} keeps the contract of a result cache`, () => {
    let cache: ResultCache
    beforeEach(async () => {
      cache = await contract.create()
    })
    afterEach(async () => cache[Symbol.asyncDispose]())

    it.each([
      ['no bytes', recordOf({ inline: new Uint8Array() })],
      ['64 KiB', recordOf({ inline: bytesOf(65_536) })],
      ['256 KiB', recordOf({ inline: bytesOf(262_144) })],
      ['a manifest', manifest()],
      ['an alias', { ...recordOf({}), output: { alias: keyOf('real'), matrix: null } } satisfies ResultRecord],
    ])('gives back a record of %s as it was put', async (what, record) => {
      const key = keyOf(what)
      expect(await cache.get(key)).toBeUndefined()
      await cache.put(key, record, {})
      expect(await cache.get(key)).toEqual(record)
      expect(await cache.get(`sha256:${key}`)).toEqual(record)
    })

    it('replaces a record that is put again', async () => {
      await cache.put(keyOf('a'), recordOf({ kind: 'text' }), {})
      await cache.put(keyOf('a'), recordOf({ kind: 'data' }), {})
      expect(await cache.get(keyOf('a'))).toEqual(recordOf({ kind: 'data' }))
      expect(await cache.stats()).toMatchObject({ entries: 1 })
    })

    it('keeps records apart from what callers do to theirs', async () => {
      const record = recordOf({ inline: bytesOf(100) })
      const meant = structuredClone(record)
      await cache.put(keyOf('a'), record, {})
      spoil(record)
      const first = await cache.get(keyOf('a'))
      expect(first).toEqual(meant)
      spoil(first!)
      expect(await cache.get(keyOf('a'))).toEqual(meant)
    })

    it('refuses what is no result key', async () => {
      for (const key of ['', 'abc', '../../x', `${keyOf('a')}0`, keyOf('a').toUpperCase()]) {
        await expect(cache.get(key)).rejects.toMatchObject({ code: 'USAGE' })
        await expect(cache.put(key, recordOf({}), {})).rejects.toMatchObject({ code: 'USAGE' })
        await expect(cache.lease(key, { signal: idle() })).rejects.toMatchObject({ code: 'USAGE' })
      }
    })

    it('lets a record expire, and keeps one without a time to live', async () => {
      await cache.put(keyOf('brief'), recordOf({}), { ttlMs: 80 })
      await cache.put(keyOf('lasting'), recordOf({}), {})
      expect(await cache.get(keyOf('brief'))).toBeDefined()
      await contract.pass(100)
      expect(await cache.get(keyOf('brief'))).toBeUndefined()
      expect(await cache.get(keyOf('lasting'))).toBeDefined()
    })

    if (contract.damage) {
      const damage = contract.damage.bind(contract)
      it('takes a damaged record for a miss', async () => {
        await cache.put(keyOf('a'), recordOf({ inline: bytesOf(1000) }), {})
        await damage(keyOf('a'))
        expect(await cache.get(keyOf('a'))).toBeUndefined()
        expect(await cache.stats()).toMatchObject({ entries: 0 })
        await cache.put(keyOf('a'), recordOf({}), {})
        expect(await cache.get(keyOf('a'))).toBeDefined()
      })
    }

    it('forgets what came from one original alone', async () => {
      await cache.put(keyOf('page 1'), recordOf({ sources: [book] }), {})
      await cache.put(keyOf('page 2'), recordOf({ sources: [book, book] }), {})
      await cache.put(keyOf('both'), recordOf({ sources: [book, letter] }), {})
      await cache.put(keyOf('other'), recordOf({ sources: [letter] }), {})
      await cache.put(keyOf('none'), recordOf({ sources: [] }), {})
      await cache.put(keyOf('once'), recordOf({ sources: [book] }), {})
      await cache.put(keyOf('once'), recordOf({ sources: [letter] }), {})
      expect(await cache.forget(book)).toBe(2)
      expect(await cache.forget(book)).toBe(0)
      const left = await Promise.all(['page 1', 'page 2', 'both', 'other', 'none', 'once'].map((key) => cache.get(keyOf(key))))
      expect(left.map((record) => record !== undefined)).toEqual([false, false, true, true, true, true])
    })

    it('counts what it keeps, and is empty after clear', async () => {
      expect(await cache.stats()).toEqual({ entries: 0, bytes: 0 })
      await cache.put(keyOf('a'), recordOf({ inline: bytesOf(5000) }), {})
      await cache.put(keyOf('b'), recordOf({ inline: bytesOf(7000) }), {})
      const { entries, bytes } = await cache.stats()
      expect(entries).toBe(2)
      expect(bytes).toBeGreaterThan(12_000)
      await cache.clear()
      expect(await cache.stats()).toEqual({ entries: 0, bytes: 0 })
      expect(await cache.get(keyOf('a'))).toBeUndefined()
    })

    describe('lease', () => {
      it('gives the record when there is one', async () => {
        await cache.put(keyOf('a'), recordOf({}), {})
        expect(await cache.lease(keyOf('a'), { signal: idle() })).toEqual(recordOf({}))
      })

      it('lets one of 200 callers compute, and gives the others its result', async () => {
        let computed = 0
        const call = async () => {
          const outcome = await cache.lease(keyOf('a'), { signal: idle() })
          if (isResultRecord(outcome)) return outcome
          await using _lease = outcome
          computed++
          await Promise.resolve()
          await cache.put(keyOf('a'), recordOf({ inline: bytesOf(65_536) }), {})
          return recordOf({ inline: bytesOf(65_536) })
        }
        const records = await Promise.all(Array.from({ length: 200 }, call))
        expect(computed).toBe(1)
        expect(records[199]).toEqual(recordOf({ inline: bytesOf(65_536) }))
        expect(new Set(records.map((record) => (record.output as StoredArtifact).inline?.length))).toEqual(new Set([65_536]))
      })

      it('lets different keys go ahead side by side', async () => {
        const leases = await Promise.all(['a', 'b', 'c'].map((key) => leaseOf(cache, key)))
        for (const lease of leases) await lease[Symbol.asyncDispose]()
      })

      it('goes to the next caller when its holder gives up', async () => {
        const first = await leaseOf(cache, 'a')
        const second = leaseOf(cache, 'a')
        const third = leaseOf(cache, 'a')
        await first[Symbol.asyncDispose]()
        const winner = await Promise.race([second, third])
        expect(winner.signal.aborted).toBe(false)
        await winner[Symbol.asyncDispose]()
        const loser = winner === (await second) ? await third : await second
        await loser[Symbol.asyncDispose]()
        const again = await leaseOf(cache, 'a')
        await again[Symbol.asyncDispose]()
      })

      it('may be given back twice without harm to the next holder', async () => {
        const first = await leaseOf(cache, 'a')
        await first[Symbol.asyncDispose]()
        const second = await leaseOf(cache, 'a')
        await first[Symbol.asyncDispose]()
        const third = leaseOf(cache, 'a')
        await cache.put(keyOf('a'), recordOf({}), {})
        await expect(third).rejects.toThrow('a record')
        await second[Symbol.asyncDispose]()
      })

      it('stops waiting when the caller gives up, and leaves the others waiting', async () => {
        const holder = await leaseOf(cache, 'a')
        const controller = new AbortController()
        const impatient = cache.lease(keyOf('a'), { signal: controller.signal })
        const patient = cache.lease(keyOf('a'), { signal: idle() })
        controller.abort()
        await expect(impatient).rejects.toMatchObject({ code: 'CANCELLED' })
        await expect(cache.lease(keyOf('a'), { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
        await cache.put(keyOf('a'), recordOf({}), {})
        expect(isResultRecord(await patient)).toBe(true)
        await holder[Symbol.asyncDispose]()
      })

      it('is lost, and waiting ends, when the cache is disposed of', async () => {
        const holder = await leaseOf(cache, 'a')
        const waiting = expect(cache.lease(keyOf('a'), { signal: idle() })).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
        await cache[Symbol.asyncDispose]()
        await waiting
        expect(holder.signal.aborted).toBe(true)
        await holder[Symbol.asyncDispose]()
        await expect(cache.get(keyOf('a'))).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' })
      })
    })

    if (contract.another) {
      const another = contract.another.bind(contract)
      it('shares its records with another process, and forgets for both', async () => {
        await using other = await another()
        await cache.put(keyOf('a'), recordOf({ sources: [book] }), {})
        expect(await other.get(keyOf('a'))).toEqual(recordOf({ sources: [book] }))
        expect(await other.forget(book)).toBe(1)
        expect(await cache.get(keyOf('a'))).toBeUndefined()
      })
    }
  })
}

/** A record to test with: a text of one source, unless said otherwise. */
function recordOf(options: { kind?: string; inline?: Uint8Array; sources?: readonly ReturnType<typeof digestOf>[] }): ResultRecord {
  const { kind = 'text', inline = new TextEncoder().encode('Lisboa, 1755'), sources = [letter] } = options
  return {
    schemaVersion: 2,
    output: artifactOf(kind, inline),
    diagnostics: [
      { code: 'SKEW_UNCERTAIN', severity: 'warning', message: 'The angle is a guess: ±0,5°.', via: [{ port: 'input', times: 2 }] },
    ],
    fingerprint: { engine: 'fake', version: '1' },
    sources,
    createdAt: '2026-11-24T12:00:00.000Z',
  }
}

function manifest(): ResultRecord {
  const items = [artifactOf('image', bytesOf(300)), artifactOf('image', new Uint8Array()), artifactOf('image', bytesOf(7))]
  return { ...recordOf({}), output: { items, of: digestOf('taken apart') } }
}

function artifactOf(kind: string, inline: Uint8Array): StoredArtifact {
  const descriptor = { mediaType: 'text/plain', digest: digestOf(inline), size: inline.length }
  return { kind, meta: { language: null }, matrix: identity, descriptor, inline }
}

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7919) >> 3)
}

function spoil(record: ResultRecord): void {
  const output = record.output as StoredArtifact
  output.inline?.fill(0)
  output.kind = 'spoilt'
  ;(record.diagnostics as unknown[]).push('spoilt')
}

async function leaseOf(cache: ResultCache, key: string): Promise<Lease> {
  const outcome = await cache.lease(keyOf(key), { signal: idle() })
  if (isResultRecord(outcome)) throw new Error('a record where a lease was expected')
  return outcome
}
