import { type BlobStore, type Digest, throwIfAborted } from '@imagedoc/core'
import { backupNames, readManifest, removeManifest } from './manifest.ts'
import { linesOf } from './parts.ts'
import type { BackupPlace } from './place.ts'

/** Later than every blob that is there, whatever its clock says. */
const EVER = new Date(8.64e15)

/** What pruning removed. */
export interface Pruned {
  readonly backups: readonly string[]
  readonly blobs: number
}

/**
 * Keeps the newest backups, and removes the others with every blob that none of the kept ones names. Manifests go first: what is interrupted leaves no
 * backup without its blobs. To be called only while no other backup writes to the place.
 */
export async function prune({ notes, blobs }: BackupPlace, keep: number, signal: AbortSignal): Promise<Pruned> {
  const names = await backupNames(notes)
  const kept = names.slice(-keep)
  const named = new Set<Digest>()
  // Read before anything goes: with one that cannot be read, nobody knows what it names.
  for (const name of kept) {
    const { rows, digests } = await readManifest(notes, name)
    for (const { digest } of [...rows, ...digests]) named.add(digest)
    for await (const digest of linesOf(blobs, digests, signal)) named.add(digest as Digest)
  }
  const backups = names.slice(0, -keep)
  for (const name of backups) await removeManifest(notes, name)
  return { backups, blobs: await removeUnnamed(blobs, named, signal) }
}

async function removeUnnamed(blobs: BlobStore, named: ReadonlySet<Digest>, signal: AbortSignal): Promise<number> {
  let removed = 0
  for await (const digest of blobs.list('objects', { olderThan: EVER })) {
    throwIfAborted(signal)
    if (named.has(digest)) continue
    await blobs.delete('objects', digest)
    removed++
  }
  return removed
}

/** The digests of all blobs of a place. */
export async function digestsAt(blobs: BlobStore): Promise<ReadonlySet<Digest>> {
  return new Set(await Array.fromAsync(blobs.list('objects', { olderThan: EVER })))
}
