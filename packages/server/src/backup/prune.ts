import { type BlobStore, type Digest, ImageDocError, isImageDocError, throwIfAborted } from '@imagedoc/core'
import { backupNames, type Manifest, readManifest, removeManifest } from './manifest.ts'
import type { Notes } from './notes.ts'
import { linesOf } from './parts.ts'
import type { BackupPlace } from './place.ts'

/** Later than every blob that is there, whatever its clock says. */
const EVER = new Date(8.64e15)

/** What pruning removed. */
export interface Pruned {
  readonly backups: readonly string[]
  readonly blobs: number
}

interface Keep {
  /** The backup that was just made: it stays, also where the clock was set back and others have later names. */
  readonly made: string
  /** How many stay, with that one. */
  readonly keep: number
  readonly signal: AbortSignal
}

/**
 * Keeps the newest backups, and removes the others with every blob that none of the kept ones names. Manifests go first: what is interrupted leaves no
 * backup without its blobs. To be called only while no other backup writes to the place.
 * @throws CORRUPT_INPUT for a damaged manifest among those that stay, before anything is removed
 */
export async function prune({ notes, blobs }: BackupPlace, { made, keep, signal }: Keep): Promise<Pruned> {
  const others = (await backupNames(notes)).filter((name) => name !== made)
  const backups = others.slice(0, Math.max(0, others.length - (keep - 1)))
  const kept = [...others.slice(backups.length), made]
  const named = new Set<Digest>()
  // Read before anything goes: with one that cannot be read, nobody knows what it names.
  for (const name of kept) {
    const { rows, digests } = await readKept(notes, name, made)
    for (const { digest } of [...rows, ...digests]) named.add(digest)
    for await (const digest of linesOf(blobs, digests, signal)) named.add(digest as Digest)
  }
  for (const name of backups) await removeManifest(notes, name)
  return { backups, blobs: await removeUnnamed(blobs, named, signal) }
}

async function readKept(notes: Notes, name: string, made: string): Promise<Manifest> {
  return readManifest(notes, name).catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'CORRUPT_INPUT') throw error
    const why = `the file backups/${name}.json is damaged, so that nobody knows what else has to stay`
    throw new ImageDocError('CORRUPT_INPUT', `The backup ${made} is complete, but nothing older was removed: ${why}. Remove that file.`, {
      cause: error,
    })
  })
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
