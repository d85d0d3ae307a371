import type { Services } from '../services.ts'
import type { SweepOptions } from './options.ts'

const DAY_MS = 86_400_000

/** Cached blobs that are older than any record which could point to them, where the result cache does not bound them itself. */
export async function sweepCachedBlobs(
  { blobs, cachedBlobDays, now }: Pick<Services, 'blobs' | 'cachedBlobDays' | 'now'>,
  signal: AbortSignal,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  if (cachedBlobDays === undefined) return 0
  let swept = 0
  for await (const digest of blobs.list('cache', { olderThan: new Date(now().getTime() - cachedBlobDays * DAY_MS) })) {
    if (signal.aborted) break
    if (!dryRun) await blobs.delete('cache', digest)
    swept++
  }
  return swept
}
