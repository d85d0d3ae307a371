import { randomUUID } from 'node:crypto'
import { ImageDocError, isImageDocError, type Lease, type Lock, type Table } from '@imagedoc/core'
import type { HeldLock } from '../records/instance.ts'
import { assertLockCall, lockClosed } from './lock-call.ts'

export interface TableLockOptions {
  /**
   * Nobody else has the table open, as with SQLite's exclusive file: what another holder left there is of a process that has ended, and is taken at
   * once. @default false
   */
  alone?: boolean
}

/**
 * A lock for all who share the table, by compare-and-set on one row for each name. It rests on the clocks of its holders: where they are apart by
 * more than `ttlMs`, one may take a lock that another holds. Where Redis is configured its lock is used instead.
 */
export function createTableLock(locks: Table<HeldLock>, { alone = false }: TableLockOptions = {}): Lock {
  const self = randomUUID()
  const leases = new Set<Lease & { lose(): void }>()
  let closed = false
  return {
    async acquire(name, { ttlMs }) {
      assertLockCall(name, ttlMs)
      if (closed) throw lockClosed()
      const row = await take(locks, { name, ttlMs, self, alone })
      if (!row) return undefined
      const lease = hold(locks, { row, ttlMs, onEnd: () => leases.delete(lease) })
      leases.add(lease)
      if (!closed) return lease
      await lease[Symbol.asyncDispose]()
      throw lockClosed()
    },
    async [Symbol.asyncDispose]() {
      closed = true
      for (const lease of [...leases]) {
        lease.lose()
        await lease[Symbol.asyncDispose]()
      }
    },
  }
}

/** The row when it is ours now. */
async function take(
  locks: Table<HeldLock>,
  { name, ttlMs, self, alone }: { name: string; ttlMs: number; self: string; alone: boolean },
): Promise<HeldLock | undefined> {
  const now = Date.now()
  const ours = { holder: `${self} ${randomUUID()}`, expires_at: new Date(now + ttlMs) }
  const there = await locks.get(name)
  if (there) {
    const isHeld = there.expires_at.getTime() > now && (!alone || there.holder.startsWith(self))
    return isHeld ? undefined : locks.replaceIf({ ...there, ...ours })
  }
  const row = { _id: name, revision: 0, created_at: new Date(now), ...ours }
  try {
    await locks.insert(row)
    return row
  } catch (error) {
    if (isImageDocError(error) && error.code === 'ALREADY_EXISTS') return undefined
    throw error
  }
}

function hold(locks: Table<HeldLock>, options: { row: HeldLock; ttlMs: number; onEnd: () => void }): Lease & { lose(): void } {
  const { ttlMs, onEnd } = options
  const every = ttlMs / 3
  const lost = new AbortController()
  let row = options.row
  let renewing: Promise<void> | undefined
  const lose = (): void => {
    clearInterval(timer)
    lost.abort(new ImageDocError('STORE_UNAVAILABLE', 'The lock was lost: the database did not answer, or this process stood still.'))
  }
  // Given up while it surely still holds: afterwards another may have it.
  const loseIfLate = (): void => {
    if (Date.now() + every >= row.expires_at.getTime()) lose()
  }
  const renew = async (): Promise<void> => {
    try {
      const renewed = await renewedRow(locks, row, ttlMs)
      if (renewed) row = renewed
      else lose()
    } catch {
      loseIfLate()
    } finally {
      renewing = undefined
    }
  }
  const timer = setInterval(() => {
    if (renewing) loseIfLate()
    else renewing = renew()
  }, every).unref()
  return {
    signal: lost.signal,
    lose,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      onEnd()
      await renewing
      await release(locks, row)
    },
  }
}

/** Undefined when another has taken it. */
async function renewedRow(locks: Table<HeldLock>, row: HeldLock, ttlMs: number): Promise<HeldLock | undefined> {
  const stored = await locks.replaceIf({ ...row, expires_at: new Date(Date.now() + ttlMs) })
  if (stored) return stored
  // An earlier renewal may have been written although its answer was lost.
  const there = await locks.get(row._id)
  return there?.holder === row.holder ? there : undefined
}

/** A lock that cannot be released ends by itself. */
async function release(locks: Table<HeldLock>, { _id, holder }: HeldLock): Promise<void> {
  const there = await locks.get(_id).catch(() => undefined)
  if (there?.holder === holder) await locks.delete(_id, there.revision).catch(() => undefined)
}
