import { type Digest, isImageDocError, throwIfAborted } from '@imagedoc/core'
import { readSettings } from '../settings/settings.ts'
import { backupNames, type Manifest, readManifest } from './manifest.ts'
import { linesOf } from './parts.ts'
import { openPlace } from './place.ts'
import { type BackupSource, openBackup } from './restore.ts'
import { forEachOf } from './slots.ts'

/** A complete backup, as a list shows it. */
export interface KnownBackup {
  readonly name: string
  readonly finished_at: string
  readonly documents: number
  /** Of the documents with their versions. */
  readonly bytes: number
}

/** What is at a place, the oldest first. */
export interface BackupList {
  readonly backups: readonly KnownBackup[]
  /** Names of those that cannot be restored, because the file that says what they consist of is damaged. */
  readonly damaged: readonly string[]
}

/** The complete backups at a place. @throws USAGE, STORE_FAILED, INVALID_CONFIG */
export async function listBackups({ environment, settings, from }: Omit<BackupSource, 'backup'>): Promise<BackupList> {
  await using stack = new AsyncDisposableStack()
  const { notes } = await openPlace(from, { ...readSettings(environment ?? process.env), ...settings }, stack)
  const backups: KnownBackup[] = []
  const damaged: string[] = []
  for (const name of await backupNames(notes)) {
    try {
      const { finished_at, documents, bytes } = await readManifest(notes, name)
      backups.push({ name, finished_at, documents, bytes })
    } catch (error) {
      if (!isImageDocError(error) || error.code !== 'CORRUPT_INPUT') throw error
      damaged.push(name)
    }
  }
  return { backups, damaged }
}

/** What {@link verifyBackup} takes. */
export interface VerifyOptions extends BackupSource {
  readonly signal?: AbortSignal
  /** Called often, with what was read so far. */
  readonly onProgress?: (read: { readonly rows: number; readonly blobs: number }) => void
}

/** What a look at a whole backup found. */
export interface VerifiedBackup {
  readonly name: string
  readonly rows: number
  readonly blobs: number
  /** Digests of files that are missing, or are not what their digest says. */
  readonly damaged: readonly Digest[]
  /** Files that could not be read when the backup was made. */
  readonly lost: Manifest['lost']
}

const BLOBS_AT_A_TIME = 6

/**
 * Reads a backup as a restore would, every byte of it, and writes nothing.
 * @throws NOT_FOUND for no complete backup; CORRUPT_INPUT where a restore would not even begin; STORE_FAILED, CANCELLED
 */
export async function verifyBackup(options: VerifyOptions): Promise<VerifiedBackup> {
  const { signal = new AbortController().signal, onProgress = () => {} } = options
  await using stack = new AsyncDisposableStack()
  const { name, manifest, place } = await openBackup(options, stack)
  const damaged: Digest[] = []
  let [rows, blobs] = [0, 0]
  for await (const _row of linesOf(place.blobs, manifest.rows, signal)) onProgress({ rows: ++rows, blobs })
  const digests = linesOf(place.blobs, manifest.digests, signal) as AsyncGenerator<Digest>
  await forEachOf(digests, BLOBS_AT_A_TIME, async (digest) => {
    throwIfAborted(signal)
    try {
      for await (const _piece of await place.blobs.open(digest, { pieces: true, signal }));
    } catch (error) {
      if (!isDamage(error)) throw error
      damaged.push(digest)
    }
    onProgress({ rows, blobs: ++blobs })
  })
  return { name, rows, blobs, damaged, lost: manifest.lost }
}

function isDamage(error: unknown): boolean {
  return isImageDocError(error) && (error.code === 'NOT_FOUND' || error.code === 'DIGEST_MISMATCH')
}
