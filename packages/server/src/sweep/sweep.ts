import type { Services } from '../services.ts'
import { sweepUploads } from '../uploads/sweep.ts'
import { sweepBlobs } from './blobs.ts'
import { sweepCachedBlobs } from './cached-blobs.ts'
import { type ClockJumps, createClockJumps } from './clock-jumps.ts'
import { type Leftovers, sweepLeftovers } from './leftovers.ts'
import type { SweepOptions } from './options.ts'
import { sweepRunPages } from './run-pages.ts'
import { sweepSearch } from './search.ts'
import { sweepTokens } from './tokens.ts'
import { sweepTrash } from './trash.ts'
import { recountUsage } from './usage.ts'
import { describeVersions } from './versions.ts'

const HOUR_MS = 3_600_000
const LEASE_MS = 60_000

export type Swept = Readonly<Record<string, number>>

/** What tidies up, each bounded: what is left over is the next hour's. */
const brooms = {
  trash: sweepTrash,
  tokens: sweepTokens,
  uploads: sweepUploads,
  runPages: sweepRunPages,
  blobs: sweepBlobs,
  cachedBlobs: sweepCachedBlobs,
  search: sweepSearch,
  versions: describeVersions,
  // Of what the others have left.
  usage: recountUsage,
}

/** How many uploads, runs whose pages were left behind, blobs of documents and outputs, cached blobs, and blobs of which only a part was written. */
export type Garbage = Readonly<Record<'uploads' | 'runPages' | 'blobs' | 'cachedBlobs' | 'leftovers', number>>

export type GarbageNeeds = Pick<Services, 'blobs' | 'cachedBlobDays' | 'lock' | 'now' | 'tables' | 'uploads'> & {
  readonly leftovers: Leftovers | undefined
}

/** What takes room without being of use, all of it. What runs and uploads leave behind is let go of first. */
export async function sweepGarbage(needs: GarbageNeeds, signal: AbortSignal, options: SweepOptions): Promise<Garbage> {
  return {
    uploads: await sweepUploads(needs, signal, { ...options, all: true }),
    runPages: await sweepRunPages(needs, signal, options),
    blobs: await sweepBlobs(needs, signal, options),
    cachedBlobs: await sweepCachedBlobs(needs, signal, options),
    leftovers: await sweepLeftovers(needs, signal, options),
  }
}

/** What goes by its age alone, and does not come back. */
const byAge: ReadonlySet<string> = new Set(['trash', 'uploads', 'blobs', 'cachedBlobs'] satisfies (keyof typeof brooms)[])

/**
 * Tidies up once, unless another process does so now; then undefined. A broom that fails does not keep the others from sweeping. For a day after the
 * clock was set nothing goes because of its age: forty days too early the trash would be empty.
 */
export async function sweep(services: Services, signal: AbortSignal, jumps?: ClockJumps): Promise<Swept | undefined> {
  await using lease = await services.lock.acquire('sweep', { ttlMs: LEASE_MS })
  if (!lease) return undefined
  const stop = AbortSignal.any([signal, lease.signal])
  const swept: Record<string, number> = {}
  const isDoubtful = jumps?.isDoubtful() === true
  if (isDoubtful) services.log.warn({ until: 'a day has passed' }, 'the clock was set: nothing is purged because of its age')
  for (const [name, broom] of Object.entries(brooms)) {
    if (stop.aborted) break
    if (isDoubtful && byAge.has(name)) continue
    swept[name] = await broom(services, stop).catch((error: unknown) => {
      services.log.error({ broom: name, stack: error instanceof Error ? error.stack : undefined }, 'sweep failed')
      return 0
    })
  }
  services.log.info({ swept }, 'swept')
  return swept
}

/** Sweeps now and then every hour, until it is disposed; a sweep under way is waited for. */
export function sweepEveryHour(services: Services): AsyncDisposable {
  const stop = new AbortController()
  const jumps = createClockJumps()
  let running: Promise<unknown> = Promise.resolve()
  const start = (): void => {
    running = running.then(() => (stop.signal.aborted ? undefined : sweep(services, stop.signal, jumps))).catch(() => undefined)
  }
  const timer = setInterval(start, HOUR_MS)
  timer.unref()
  start()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await running
    },
  }
}
