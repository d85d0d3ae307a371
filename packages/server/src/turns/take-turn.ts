import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError, type Lease, type Lock } from '@imagedoc/core'

/** After this without a renewal others may take the lock: sooner than they give up waiting, so that a holder that was killed keeps nobody out. */
export const TURN_MS = 4000
const ATTEMPTS = 200
const WAIT_MS = { least: 5, most: 50 }

/**
 * Waits until nobody else holds the lock: for work of milliseconds that must be done one after the other, in all processes. Dispose it to let the
 * next one in.
 * @param busy the message of the error when it is never free for about five seconds
 * @throws STORE_UNAVAILABLE
 */
export async function takeTurn(lock: Lock, name: string, busy: string): Promise<Lease> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lease = await lock.acquire(name, { ttlMs: TURN_MS })
    if (lease) return lease
    // Not all at the same moment.
    await wait(randomInt(WAIT_MS.least, WAIT_MS.most))
  }
  throw new ImageDocError('STORE_UNAVAILABLE', busy)
}
