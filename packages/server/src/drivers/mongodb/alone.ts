import { setTimeout as sleep } from 'node:timers/promises'
import { ImageDocError, type Lease } from '@imagedoc/core'
import type { HeldLock } from '../../records/instance.ts'
import { createTableLock } from '../table-lock.ts'
import type { ConnectedDatabase } from './connection.ts'
import type { StoredDocument } from './document.ts'
import { translating } from './errors.ts'
import { createMongodbTable } from './table.ts'

/** Outside of the declared tables: it is used before these are there. */
const LOCKS = 'imagedoc.locks'

/** A process that dies while it migrates holds up the others for so long. */
const TTL_MS = 15_000

const ASK_EVERY_MS = 100

/** An index over millions of rows takes minutes. */
const PATIENCE_MS = 15 * 60_000

/**
 * Does the work while no other process does: servers that start together would build the same indexes, and DocumentDB ends that in a deadlock. The
 * signal aborts when another may have begun, because this process stood still.
 */
export async function alone(database: ConnectedDatabase, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const collection = database.db.collection<StoredDocument>(LOCKS)
  const table = { layout: { name: LOCKS, indexes: new Map(), shape: '' }, collection, makeId: database.makeId }
  await using lock = createTableLock(createMongodbTable<HeldLock>((use) => translating(() => use(table))))
  await using lease = await patiently(() => lock.acquire('migration', { ttlMs: TTL_MS }))
  await work(lease.signal)
}

async function patiently(acquire: () => Promise<Lease | undefined>): Promise<Lease> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const lease = await acquire()
    if (lease) return lease
    await sleep(ASK_EVERY_MS)
  }
  throw new ImageDocError('STORE_UNAVAILABLE', 'Another process is still bringing the database up to date. Wait for it, then start again.')
}
