import { type BlobStore, ImageDocError, throwIfAborted } from '@imagedoc/core'
import manifest from '../../package.json' with { type: 'json' }
import { assertCombination } from '../open-drivers/assert-combination.ts'
import { openDatabase } from '../open-drivers/database.ts'
import { openObjects } from '../open-drivers/objects.ts'
import { openTables, type Tables } from '../records/tables.ts'
import { readSettings, type ServerSettings } from '../settings/settings.ts'
import type { StartOptions } from '../start-services.ts'
import { takeAlone } from './alone-at-place.ts'
import { type BlobCount, createBlobCopier } from './blob-copier.ts'
import { copyRows, type LostBlob } from './copy-rows.ts'
import { nameAt, writeManifest } from './manifest.ts'
import { createPartWriter } from './parts.ts'
import { type BackupPlace, openPlace, preparePlace } from './place.ts'
import { digestsAt, type Pruned, prune } from './prune.ts'
import { lineOf } from './row-lines.ts'
import { assertRestored } from './unfinished.ts'

/** How far a backup or a restore is. */
export interface BackupProgress extends BlobCount {
  readonly rows: number
}

/** What {@link backUp} takes. */
export interface BackupOptions extends Pick<StartOptions, 'environment' | 'settings'> {
  /** A folder, or `s3://bucket/prefix`. */
  readonly to: string
  /**
   * Afterwards only so many backups stay there, this one among them; at least 1. Nothing is removed after a backup for which the store has lost a file,
   * since an older one may have it. @default all
   */
  readonly keep?: number | undefined
  /** Stops it. What is complete at the place stays as it is. */
  readonly signal?: AbortSignal
  /** Called often. */
  readonly onProgress?: (progress: BackupProgress) => void
}

/** What a backup has come to. */
export interface BackupSummary extends BackupProgress {
  /** By which `restore` finds it. */
  readonly name: string
  readonly documents: number
  /** Blobs that could not be read, although their documents name them: the first hundred. Those documents are not whole in the store itself. */
  readonly lost: readonly LostBlob[]
  /** What `keep` removed. */
  readonly pruned: Pruned | undefined
}

const MOST_LOST = 100

/**
 * Copies everything that cannot be made anew to another place, also while servers work on it. What is there already of earlier backups is not copied
 * again. Each document is in the backup as it was at one moment; see docs/backup.md for what is promised.
 * @throws INVALID_CONFIG for settings that are wrong, or no database; USAGE for a place that cannot be one; STORE_UNAVAILABLE while another backup to the
 * place runs; STORE_FAILED for a place that cannot be reached, or is full; CANCELLED
 */
export async function backUp(options: BackupOptions): Promise<BackupSummary> {
  const settings = { ...readSettings(options.environment ?? process.env), ...options.settings }
  const now = (): Date => new Date()
  const began = now()
  const name = nameAt(began)
  await using stack = new AsyncDisposableStack()
  assertCombination(settings)
  const source = await openSource(settings, stack)
  await preparePlace(options.to, settings)
  const place = await openPlace(options.to, settings, stack)
  const alone = stack.use(await takeAlone(place.notes, name, now))
  const signal = AbortSignal.any([alone.signal, ...(options.signal ? [options.signal] : [])])
  const { parts, ...copied } = await copyAll({ source, place, signal, onProgress: options.onProgress })
  throwIfAborted(signal)
  const { documents, bytesOfDocuments: bytes, ...summary } = copied
  const { version: product } = manifest
  const times = { started_at: began.toISOString(), finished_at: now().toISOString() }
  // The last of its files: without it, none of this is a backup.
  const counts = { documents, bytes, blobs: summary.copied + summary.there, lost: summary.lost }
  await writeManifest(place.notes, name, { product, ...times, ...counts, ...parts })
  // What the store has lost, an older backup may still have.
  const prunes = options.keep !== undefined && summary.lost.length === 0
  const pruned = prunes ? await prune(place, { made: name, keep: options.keep, signal }) : undefined
  return { name, documents, ...summary, pruned }
}

interface Source {
  readonly tables: Tables
  readonly blobs: BlobStore
}

/** @throws INVALID_CONFIG for an empty database: a backup of it would only push out better ones */
async function openSource(settings: ServerSettings, stack: AsyncDisposableStack): Promise<Source> {
  const tables = await openTables(await openDatabase(settings, stack, { readOnly: true }))
  await assertRestored(tables)
  if (!(await tables.settings.get('instance_key')))
    throw new ImageDocError(
      'INVALID_CONFIG',
      'No server has kept anything in this database yet, so there is nothing to back up. Check IMAGEDOC_MONGODB_URL.',
    )
  const { blobs } = await openObjects(settings, stack)
  return { tables, blobs }
}

interface CopyAll {
  readonly source: Source
  readonly place: BackupPlace
  readonly signal: AbortSignal
  readonly onProgress: BackupOptions['onProgress']
}

async function copyAll({ source, place, signal, onProgress = () => {} }: CopyAll) {
  const known = await digestsAt(place.blobs)
  const copier = createBlobCopier({ from: source.blobs, to: place.blobs, isThere: async (digest) => known.has(digest), signal })
  const writer = createPartWriter(place.blobs)
  const lost: LostBlob[] = []
  let [rows, documents, bytesOfDocuments] = [0, 0, 0]
  const tell = (): void => onProgress({ rows, ...copier.count() })
  await copyRows({
    tables: source.tables,
    signal,
    async write(row) {
      await writer.add(lineOf(row))
      rows++
      tell()
    },
    async copyBlob(blob) {
      const copied = await copier.copy(blob)
      tell()
      return copied
    },
    copied({ original, version_bytes = 0 }) {
      documents++
      bytesOfDocuments += original.size + version_bytes
    },
    lost: (blob) => void (lost.length < MOST_LOST && lost.push(blob)),
  })
  const digests = createPartWriter(place.blobs)
  for (const digest of [...copier.done].sort()) await digests.add(digest)
  const parts = { rows: await writer.end(), digests: await digests.end() }
  return { parts, rows, documents, bytesOfDocuments, lost, ...copier.count() }
}
