import { dropBlob } from '../documents/held-blobs.ts'
import { isReferenced } from '../documents/references.ts'
import type { Services } from '../services.ts'
import type { SweepOptions } from './options.ts'

const DAY_MS = 86_400_000

/** Blobs that nothing holds and nobody has put for a day: an upload or a purge that was interrupted leaves them. */
export async function sweepBlobs(
  services: Pick<Services, 'blobs' | 'lock' | 'tables' | 'now'>,
  signal: AbortSignal,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  const { blobs, now } = services
  let swept = 0
  for await (const digest of blobs.list('objects', { olderThan: new Date(now().getTime() - DAY_MS) })) {
    if (signal.aborted) break
    if (dryRun ? !(await isReferenced(services.tables, digest)) : await dropBlob(services, digest)) swept++
  }
  return swept
}
