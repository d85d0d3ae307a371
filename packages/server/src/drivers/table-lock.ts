import { randomUUID } from 'node:crypto'
import { ImageDocError, isImageDocError, type Lease, type Lock, type Table } from '@imagedoc/core'
import type { HeldLock } from '../records/instance.ts'
import { assertLockCall, lockClosed } from './lock-call.ts'

/** Longer than any lease of this server lasts, and than clocks of servers are apart. */
const LONGEST_MS = 600_000

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
  const leases = new Set<Held>()
  let closed = false
  return {
    async acquire(name, { ttlMs }) {
      assertLockCall(name, ttlMs)
      if (closed) throw lockClosed()
      // Our own holds whatever the clock says, which may have been set ahead.
      if ([...leases].some((lease) => lease.name === name && !lease.signal.aborted)) return undefined
      const row = await take(locks, { name, ttlMs, self, alone })
      if (!row) return undefined
      const lease: Held = { ...hold(locks, { row, ttlMs, onEnd: () => leases.delete(lease) }), name }
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

type Held = Lease & { readonly name: string; lose(): void }

/** The row when it is ours now. */
async function take(
  locks: Table<HeldLock>,
  { name, ttlMs, self, alone }: { name: string; ttlMs: number; self: string; alone: boolean },
): Promise<HeldLock | undefined> {
  const now = Date.now()
  const ours = { holder: `${self} ${randomUUID()}`, expires_at: new Date(now + ttlMs) }
  const there = await locks.get(name)
  if (there) {
    const left = there.expires_at.getTime() - now
    // Nobody holds one for so long: the clock was ahead when it was taken.
    const isHeld = left > 0 && left <= Math.max(LONGEST_MS, 2 * ttlMs) && (!alone || there.holder.startsWith(self))
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
  /** By the clock that is never set. */
  let heldUntil = performance.now() + ttlMs
  let renewing: Promise<void> | undefined
  const lose = (): void => {
    clearInterval(timer)
    lost.abort(new ImageDocError('STORE_UNAVAILABLE', 'The lock was lost: the database did not answer, or this process stood still.'))
  }
  // Given up while it surely still holds: afterwards another may have it.
  const loseIfLate = (): void => {
    const isLate = performance.now() + every >= heldUntil || Date.now() + every >= row.expires_at.getTime()
    if (isLate) lose()
  }
  const renew = async (): Promise<void> => {
    try {
      const began = performance.now()
      const renewed = await renewedRow(locks, row, ttlMs)
      if (!renewed) return lose()
      row = renewed
      heldUntil = began + ttlMs
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
