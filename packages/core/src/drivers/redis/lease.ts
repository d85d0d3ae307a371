import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, ImageDocError } from '../../errors/error.ts'
import type { Lease, ResultRecord } from '../../ports/result-cache.ts'
import type { RedisConnection } from './connection.ts'
import { holdRedisKey } from './hold.ts'

export interface RedisLeaseOptions {
  leaseKey: string
  recordKey: string
  /** So long the lease of a holder that died stays in the way. */
  leaseMs: number
  signal: AbortSignal
  decode: (bytes: Buffer) => ResultRecord | undefined
}

/** Waiters ask again after 20 ms, then ever more rarely, up to 250 ms: little beside what a page takes, and no second connection. */
const FIRST_WAIT_MS = 20
const LONGEST_WAIT_MS = 250

/**
 * The lease among all processes, or the record that its holder has put. It is renewed at a third of its time until it is disposed of.
 * @throws CACHE_UNAVAILABLE; CANCELLED when the signal is aborted
 */
export async function acquireRedisLease(connection: RedisConnection, options: RedisLeaseOptions): Promise<Lease | ResultRecord> {
  const { leaseKey, recordKey, leaseMs, signal, decode } = options
  const token = randomUUID()
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    const askedAt = performance.now()
    const { held, bytes } = await connection.run(async (client) => {
      // In this order: a holder puts its record before it ends its lease, so whoever gets the lease sees the record.
      const answers = await client.pipeline().set(leaseKey, token, 'PX', leaseMs, 'NX').getBuffer(recordKey).exec()
      const [[setError, set] = [], [getError, found] = []] = answers ?? []
      if (getError) throw getError
      if (setError && !found) throw setError
      return { held: set === 'OK', bytes: found as Buffer | null }
    })
    const lease = held ? holdRedisKey(connection, { key: leaseKey, ttlMs: leaseMs, token, askedAt, lost: lostError }) : undefined
    const record = bytes ? decode(bytes) : undefined
    if (lease && !record && !signal.aborted) return lease
    await lease?.[Symbol.asyncDispose]()
    if (record) return record
    await sleep(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {
      throw abortError(signal)
    })
  }
}

const lostError = () =>
  new ImageDocError('CACHE_UNAVAILABLE', 'The lease on this result was lost: Redis did not answer, or this process stood still.')
