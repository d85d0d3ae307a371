import { setTimeout as wait } from 'node:timers/promises'
import { ImageDocError, type Lease } from '@imagedoc/core'
import type { Services } from './services.ts'

/** A server that was killed keeps its successor waiting for so long. */
const LEASE_MS = 10_000
const ASK_MS = 500

/**
 * For a database that others can reach, where nothing tells servers of each other: a second one would not hear of ended tokens or of cancels, and serve
 * stale lists. Held by lease until it is disposed.
 * @throws INVALID_CONFIG when another server has it
 */
export async function claimDatabase(
  { lock, log }: Pick<Services, 'lock' | 'log'>,
  { leaseMs = LEASE_MS }: { leaseMs?: number } = {},
): Promise<AsyncDisposable> {
  const stop = new AbortController()
  const claim = () => lock.acquire('only-server', { ttlMs: leaseMs })
  let lease: Lease | undefined
  let isSaid = false
  for (const deadline = performance.now() + leaseMs * 1.5; !lease; ) {
    lease = await claim()
    if (lease) break
    if (performance.now() > deadline) throw sharedError()
    if (!isSaid) log.warn({}, `another server has this database, or was killed a moment ago; waiting for up to ${(leaseMs * 1.5) / 1000} s`)
    isSaid = true
    await wait(ASK_MS)
  }
  const keeping = keep(lease, { claim, stop: stop.signal, log })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await keeping
    },
  }
}

/** A database that was away for long may have let go of it: it is taken again, and said when that is another's by now. */
async function keep(
  first: Lease,
  { claim, stop, log }: { claim: () => Promise<Lease | undefined>; stop: AbortSignal } & Pick<Services, 'log'>,
): Promise<void> {
  for (let lease: Lease | undefined = first; !stop.aborted; lease = await claim().catch(() => undefined)) {
    if (!lease) {
      log.error({}, 'another server may be using this database; several need IMAGEDOC_REDIS_URL')
      await wait(ASK_MS * 10, undefined, { signal: stop }).catch(() => undefined)
      continue
    }
    await ended(AbortSignal.any([lease.signal, stop]))
    await lease[Symbol.asyncDispose]()
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function sharedError(): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    'Another server uses this MongoDB database. Several need Redis to tell each other of what changes: set IMAGEDOC_REDIS_URL for all of them, which expects an address such as redis://127.0.0.1:6379; or stop the other.',
    { details: { variable: 'IMAGEDOC_REDIS_URL' } },
  )
}
