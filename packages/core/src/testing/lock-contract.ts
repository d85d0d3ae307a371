import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lock } from '../ports/lock.ts'
import type { Lease } from '../ports/result-cache.ts'

/** How the suite makes the lock that it examines. */
export interface LockContract {
  /** A lock where nothing is held; called before every test. The suite disposes of it. */
  create(): Promise<Lock>
  /** Another lock over the same place, as another process has it. The suite disposes of it. */
  another(): Promise<Lock>
  /** Lets time pass: a fake clock, or waiting. */
  pass(ms: number): Promise<void>
  /** So long leases are held in the suite; real time needs some for slow machines. @default 300 */
  ttlMs?: number
  /** Cuts what `create` made off from its place, as a broken network does; gives what mends it. Without it those tests are left out. */
  cut?(): Promise<() => Promise<void>>
}

/**
 * What every Lock must do; to be called in a test file.
 * @example describeLockContract('the lock on a table', { create, another, pass: (ms) => setTimeout(ms) })
 */
export function describeLockContract(name: string, contract: LockContract): void {
  const ttlMs = contract.ttlMs ?? 300
  describe(`${name} keeps the contract of a lock`, () => {
    let lock: Lock
    let other: Lock
    beforeEach(async () => {
      lock = await contract.create()
      other = await contract.another()
    })
    afterEach(async () => {
      await lock[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    })

    it('goes to one of 50 who ask at once, and the others are told so at once', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? lock : other).acquire('sweep', { ttlMs })))
      const leases = answers.filter((lease) => lease !== undefined)
      expect(leases).toHaveLength(1)
      expect(leases[0]?.signal.aborted).toBe(false)
    })

    it('lets one in at a time', async () => {
      let inside = 0
      let done = 0
      const visit = async (i: number): Promise<void> => {
        await using _lease = await patiently(i % 2 ? lock : other)
        inside++
        expect(inside).toBe(1)
        await contract.pass(1)
        inside--
        done++
      }
      await Promise.all(Array.from({ length: 12 }, (_, i) => visit(i)))
      expect(done).toBe(12)
    })

    it('goes to another when its holder gives it back', async () => {
      const first = await held(lock, 'sweep')
      expect(await other.acquire('sweep', { ttlMs })).toBeUndefined()
      await first[Symbol.asyncDispose]()
      await held(other, 'sweep')
      expect(await lock.acquire('sweep', { ttlMs })).toBeUndefined()
    })

    it('may be given back twice without harm to the next holder', async () => {
      const first = await held(lock, 'sweep')
      await first[Symbol.asyncDispose]()
      const second = await held(other, 'sweep')
      await first[Symbol.asyncDispose]()
      expect(await lock.acquire('sweep', { ttlMs })).toBeUndefined()
      expect(second.signal.aborted).toBe(false)
    })

    it('keeps different names apart, whatever they are', async () => {
      const names = ['a', 'A', 'a:b', 'a.b', '$a', 'a*', '__proto__', 'constructor', 'Straße 😀', 'x'.repeat(512)]
      for (const key of names) await held(lock, key)
      for (const key of names) expect(await other.acquire(key, { ttlMs })).toBeUndefined()
    })

    it('is renewed as long as it is held', async () => {
      const lease = await held(lock, 'sweep')
      for (let i = 0; i < 8; i++) {
        await contract.pass(ttlMs / 2)
        expect(await other.acquire('sweep', { ttlMs })).toBeUndefined()
      }
      expect(lease.signal.aborted).toBe(false)
    })

    it('ends its leases when it is disposed of', async () => {
      const lease = await held(lock, 'sweep')
      await lock[Symbol.asyncDispose]()
      expect(lease.signal.aborted).toBe(true)
      await held(other, 'sweep')
      await expect(lock.acquire('another', { ttlMs })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await lease[Symbol.asyncDispose]()
      expect(await other.acquire('sweep', { ttlMs })).toBeUndefined()
    })

    it('refuses a name that is none and a time that is none', async () => {
      for (const key of ['', 'x'.repeat(513)]) await expect(lock.acquire(key, { ttlMs })).rejects.toMatchObject({ code: 'USAGE' })
      for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(lock.acquire('sweep', { ttlMs: wrong })).rejects.toMatchObject({ code: 'USAGE' })
      }
    })

    if (contract.cut) {
      const cut = contract.cut.bind(contract)
      it('tells its holder before another can have it, when it cannot be renewed', async () => {
        const lease = await held(lock, 'sweep')
        await cut()
        let taken: Lease | undefined
        for (let waited = 0; !taken && waited < 3 * ttlMs; waited += ttlMs / 10) {
          await contract.pass(ttlMs / 10)
          taken = await other.acquire('sweep', { ttlMs })
          if (taken) expect(lease.signal.aborted).toBe(true)
        }
        expect(taken).toBeDefined()
        expect(lease.signal.reason).toMatchObject({ code: 'STORE_UNAVAILABLE' })
      })

      it('leaves the next holder alone when a lost lease is given back', async () => {
        const lease = await held(lock, 'sweep')
        const mend = await cut()
        await contract.pass(1.5 * ttlMs)
        const next = await held(other, 'sweep')
        await mend()
        await lease[Symbol.asyncDispose]()
        expect(await lock.acquire('sweep', { ttlMs })).toBeUndefined()
        await contract.pass(ttlMs)
        expect(next.signal.aborted).toBe(false)
      })

      it('survives a break that is shorter than a third of its time', async () => {
        const lease = await held(lock, 'sweep')
        const mend = await cut()
        await contract.pass(0.2 * ttlMs)
        await mend()
        await contract.pass(3 * ttlMs)
        expect(lease.signal.aborted).toBe(false)
        expect(await other.acquire('sweep', { ttlMs })).toBeUndefined()
      })

      it('says STORE_UNAVAILABLE when it cannot ask', async () => {
        await cut()
        await expect(lock.acquire('sweep', { ttlMs })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      })
    }

    async function held(from: Lock, key: string): Promise<Lease> {
      const lease = await from.acquire(key, { ttlMs })
      if (!lease) throw new Error(`${key} is held by another`)
      return lease
    }

    async function patiently(from: Lock): Promise<Lease> {
      for (;;) {
        const lease = await from.acquire('visit', { ttlMs })
        if (lease) return lease
        await contract.pass(1)
      }
    }
  })
}
