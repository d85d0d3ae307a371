import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, ImageDocError } from '../../errors/error.ts'
import type { Lease, ResultRecord } from '../../ports/result-cache.ts'
import type { RedisConnection } from './connection.ts'

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

/** Only the holder may lengthen or end its lease: the token says who that is. */
const renewScript = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`
const releaseScript = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`

/**
 * The lease among all processes, or the record that its holder has put. It is renewed at a third of its time until it is disposed of.
 * @throws CACHE_UNAVAILABLE; CANCELLED when the signal is aborted
 */
export async function acquireRedisLease(connection: RedisConnection, options: RedisLeaseOptions): Promise<Lease | ResultRecord> {
  const { leaseKey, recordKey, leaseMs, signal, decode } = options
  const token = randomUUID()
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    const askedAt = Date.now()
    const { held, bytes } = await connection.run(async (client) => {
      // In this order: a holder puts its record before it ends its lease, so whoever gets the lease sees the record.
      const answers = await client.pipeline().set(leaseKey, token, 'PX', leaseMs, 'NX').getBuffer(recordKey).exec()
      const [[setError, set] = [], [getError, found] = []] = answers ?? []
      if (getError) throw getError
      if (setError && !found) throw setError
      return { held: set === 'OK', bytes: found as Buffer | null }
    })
    const record = bytes ? decode(bytes) : undefined
    if (held && !record && !signal.aborted) return heldLease(connection, { leaseKey, token, leaseMs, askedAt })
    if (held) await release(connection, leaseKey, token)
    if (record) return record
    await sleep(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {
      throw abortError(signal)
    })
  }
}

function heldLease(connection: RedisConnection, held: { leaseKey: string; token: string; leaseMs: number; askedAt: number }): Lease {
  const { leaseKey, token, leaseMs } = held
  const lost = new AbortController()
  const every = leaseMs / 3
  let renewedAt = held.askedAt
  const timer = setInterval(async () => {
    const askedAt = Date.now()
    const renewed = await connection.run((client) => client.eval(renewScript, 1, leaseKey, token, leaseMs)).catch(() => undefined)
    if (renewed === 1) renewedAt = askedAt
    // Without an answer it is given up while it surely still holds: afterwards another process may have it.
    else if (renewed === 0 || Date.now() + every - renewedAt > leaseMs) {
      clearInterval(timer)
      lost.abort(
        new ImageDocError('CACHE_UNAVAILABLE', 'The lease on this result was lost: Redis did not answer, or this process stood still.'),
      )
    }
  }, every).unref()
  return {
    signal: lost.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await release(connection, leaseKey, token)
    },
  }
}

/** A lease that cannot be ended ends by itself. */
async function release(connection: RedisConnection, leaseKey: string, token: string): Promise<void> {
  await connection.run((client) => client.eval(releaseScript, 1, leaseKey, token)).catch(() => undefined)
}
