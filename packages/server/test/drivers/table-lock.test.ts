import { ImageDocError, type MetadataStore, type Table } from '@imagedoc/core'
import { describeLockContract } from '@imagedoc/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import { type HeldLock, locks } from '../../src/records/instance.ts'

let store: MetadataStore
let broken: 'whole' | 'refuses' | 'answers nothing' | 'loses answers' = 'whole'
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
  broken = 'whole'
  store = createSqliteMetadataStore({ path: ':memory:' })
  await store.migrate([locks])
})
afterEach(async () => {
  vi.useRealTimers()
  await store[Symbol.asyncDispose]()
})

/** The table as a process sees it whose line to the database breaks. */
function overALine(table: Table<HeldLock>): Table<HeldLock> {
  const over = async <T>(call: () => Promise<T>): Promise<T> => {
    if (broken === 'answers nothing') return new Promise<T>(() => undefined)
    if (broken === 'refuses') throw new ImageDocError('STORE_UNAVAILABLE', 'The line is broken.')
    const answer = await call()
    if (broken === 'loses answers') throw new ImageDocError('STORE_UNAVAILABLE', 'The answer was lost.')
    return answer
  }
  return {
    get: (id) => over(() => table.get(id)),
    insert: (row) => over(() => table.insert(row)),
    replaceIf: (row) => over(() => table.replaceIf(row)),
    delete: (id, revision) => over(() => table.delete(id, revision)),
    list: (query) => over(() => table.list(query)),
    count: (index, equals) => over(() => table.count(index, equals)),
  }
}

const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms))
const create = async () => createTableLock(overALine(store.table(locks)))
const another = async () => createTableLock(store.table(locks))

describeLockContract('the lock on a table', {
  create,
  another,
  pass,
  async cut() {
    broken = 'refuses'
    return async () => {
      broken = 'whole'
    }
  },
})

describe('the lock on a table', () => {
  it('is given up in time when the database answers nothing at all', async () => {
    const lease = await (await create()).acquire('sweep', { ttlMs: 300 })
    broken = 'answers nothing'
    await pass(250)
    expect(lease?.signal.aborted).toBe(true)
    expect(await (await another()).acquire('sweep', { ttlMs: 300 })).toBeUndefined()
  })

  it('goes on when a renewal was written and only its answer was lost', async () => {
    const lease = await (await create()).acquire('sweep', { ttlMs: 300 })
    broken = 'loses answers'
    await pass(110)
    broken = 'whole'
    await pass(1000)
    expect(lease?.signal.aborted).toBe(false)
    await lease?.[Symbol.asyncDispose]()
    expect(await store.table(locks).get('sweep')).toBeUndefined()
  })

  it('is lost when this process stood still and another took it meanwhile', async () => {
    const lease = await (await create()).acquire('sweep', { ttlMs: 300 })
    vi.setSystemTime(Date.now() + 1000)
    expect(await (await another()).acquire('sweep', { ttlMs: 300 })).toBeDefined()
    await pass(110)
    expect(lease?.signal.aborted).toBe(true)
  })

  it('goes on when this process stood still and nobody took it', async () => {
    const lease = await (await create()).acquire('sweep', { ttlMs: 300 })
    vi.setSystemTime(Date.now() + 1000)
    await pass(110)
    expect(lease?.signal.aborted).toBe(false)
    expect(await (await another()).acquire('sweep', { ttlMs: 300 })).toBeUndefined()
  })

  it('is taken at once from a process that has ended, where nobody else can have the table open', async () => {
    const killed = createTableLock(store.table(locks), { alone: true })
    await killed.acquire('run:1', { ttlMs: 10_000 })
    expect(await killed.acquire('run:1', { ttlMs: 10_000 })).toBeUndefined()
    // Killed: it gives nothing back.
    await using next = createTableLock(store.table(locks), { alone: true })
    expect(await next.acquire('run:1', { ttlMs: 10_000 })).toBeDefined()
    expect(await next.acquire('run:1', { ttlMs: 10_000 })).toBeUndefined()
  })
})
