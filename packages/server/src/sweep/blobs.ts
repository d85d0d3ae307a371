import { isReferenced } from '../documents/references.ts'
import type { Services } from '../services.ts'

const DAY_MS = 86_400_000

/** Blobs that nothing holds and nobody has put for a day: an upload or a purge that was interrupted leaves them. */
export async function sweepBlobs({ blobs, tables, now }: Pick<Services, 'blobs' | 'tables' | 'now'>, signal: AbortSignal): Promise<number> {
  let swept = 0
  for await (const digest of blobs.list('objects', { olderThan: new Date(now().getTime() - DAY_MS) })) {
    if (signal.aborted) break
    if (await isReferenced(tables, digest)) continue
    await blobs.delete('objects', digest)
    swept++
  }
  return swept
}
