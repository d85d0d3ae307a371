import { ImageDocError, throwIfAborted } from '@imagedoc/core'
import { readSettings } from '../settings/settings.ts'
import { type StartOptions, startSettings } from '../start-services.ts'
import type { BackupProgress } from './backup.ts'
import type { BlobCount } from './blob-copier.ts'
import { derive } from './derive.ts'
import { loadRows } from './load-rows.ts'
import { backupNames, type Manifest, readManifest } from './manifest.ts'
import { linesOf } from './parts.ts'
import { type BackupPlace, openPlace } from './place.ts'
import { type DamagedBlob, restoreBlobs } from './restore-blobs.ts'
import { type LeftOut, settle } from './settle.ts'
import { finishTarget, openTarget, type RestoreTarget } from './target.ts'

/** Where a backup is. */
export interface BackupSource extends Pick<StartOptions, 'environment' | 'settings'> {
  /** A folder, or `s3://bucket/prefix`. */
  readonly from: string
  /** @default the newest that is complete */
  readonly backup?: string | undefined
}

/** What {@link restore} takes. */
export interface RestoreOptions extends BackupSource {
  /** Leave documents and versions out whose files are missing or damaged in the backup; otherwise the restore does not end. @default false */
  readonly leaveOutDamaged?: boolean
  /** Stops it; the same call again goes on. */
  readonly signal?: AbortSignal
  /** Called often. */
  readonly onProgress?: (progress: BackupProgress) => void
}

/** What a restore has come to. */
export interface RestoreSummary extends BackupProgress {
  readonly name: string
  /** Documents that are there now. */
  readonly documents: number
  /** What was deleted while the backup was made. */
  readonly leftOut: LeftOut
  /** What `leaveOutDamaged` left out. */
  readonly damaged: readonly DamagedBlob[]
}

const MOST_NAMED = 20

/**
 * Brings a backup into a database and a blob store that are empty: those that the settings choose, whichever the backup was made of. Everything is checked
 * by digest. Until it has ended no server starts there; when it was interrupted, the same call goes on.
 * @throws NOT_FOUND for no complete backup; ALREADY_EXISTS for a database that is in use; INVALID_CONFIG while a server uses it, for settings that are
 * wrong, and for a backup of a newer ImageDoc; CORRUPT_INPUT for one of which files of tables are missing or damaged; DIGEST_MISMATCH for one of which files
 * of documents are; STORE_FAILED, STORE_UNAVAILABLE, CANCELLED
 */
export async function restore(options: RestoreOptions): Promise<RestoreSummary> {
  const { leaveOutDamaged = false, signal = new AbortController().signal, onProgress = () => {} } = options
  await using stack = new AsyncDisposableStack()
  const { name, manifest, place } = await openBackup(options, stack)
  const target = await openTarget(await startSettings(options), name, stack)
  let progress: BackupProgress = { rows: 0, copied: 0, there: 0, bytes: 0 }
  const tell = (change: Partial<BackupProgress>): void => {
    progress = { ...progress, ...change }
    onProgress(progress)
  }
  const loaded = (rows: number): void => tell({ rows: progress.rows + rows })
  await loadRows(target.tables, linesOf(place.blobs, manifest.rows, signal), { signal, loaded })
  const leftOut = await settle(target.tables)
  const damaged = await bringBlobs({ place, target, signal, leaveOutDamaged, tell })
  throwIfAborted(signal)
  if (damaged.length > 0) await settle(target.tables)
  await derive(target, signal)
  const documents = await target.tables.documents.count('by_original')
  await finishTarget(target.tables)
  return { name, documents, ...progress, leftOut, damaged }
}

interface OpenedBackup {
  readonly name: string
  readonly manifest: Manifest
  readonly place: BackupPlace
}

/** The backup that is asked for. @throws NOT_FOUND, CORRUPT_INPUT, INVALID_CONFIG, STORE_FAILED */
export async function openBackup(
  { environment, settings, from, backup }: BackupSource,
  stack: AsyncDisposableStack,
): Promise<OpenedBackup> {
  const place = await openPlace(from, { ...readSettings(environment ?? process.env), ...settings }, stack)
  const name = backup ?? (await backupNames(place.notes)).at(-1)
  if (name === undefined)
    throw new ImageDocError(
      'NOT_FOUND',
      `There is no complete backup at ${from}. Name what was given to imagedoc backup: a folder, or s3://bucket/prefix.`,
    )
  return { name, manifest: await readManifest(place.notes, name), place }
}

interface BringBlobs {
  readonly place: BackupPlace
  readonly target: RestoreTarget
  readonly signal: AbortSignal
  readonly leaveOutDamaged: boolean
  readonly tell: (count: BlobCount) => void
}

/** @throws DIGEST_MISMATCH when some cannot be had, and are not to be left out */
async function bringBlobs({ place, target, signal, leaveOutDamaged, tell }: BringBlobs): Promise<DamagedBlob[]> {
  const damaged: DamagedBlob[] = []
  await restoreBlobs({
    tables: target.tables,
    from: place.blobs,
    to: target.blobs,
    signal,
    tell,
    damaged(blob) {
      damaged.push(blob)
      return leaveOutDamaged
    },
  })
  if (damaged.length > 0 && !leaveOutDamaged) throw damagedError(damaged)
  return damaged
}

function damagedError(damaged: readonly DamagedBlob[]): ImageDocError {
  const lines = damaged.slice(0, MOST_NAMED).map(({ document, version, digest, why }) => {
    const what = version === null ? 'the original' : `a file of version ${version}`
    return `  document ${document}, ${what}: ${digest} is ${why}`
  })
  const more = damaged.length > MOST_NAMED ? [`  and ${damaged.length - MOST_NAMED} more`] : []
  return new ImageDocError(
    'DIGEST_MISMATCH',
    [
      'Files in the backup are missing or damaged, so the restore has not ended and no server starts on it:',
      ...lines,
      ...more,
      'Everything else is there. Put good copies of these files into the backup and repeat the command; or leave these documents and versions out with --leave-out-damaged.',
    ].join('\n'),
    { details: { damaged: damaged.slice(0, MOST_NAMED).map((blob) => ({ ...blob })) } },
  )
}
