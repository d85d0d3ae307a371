import { type BlobStore, ImageDocError, isImageDocError, type Lock } from '@imagedoc/core'
import { createTableLock } from '../drivers/table-lock.ts'
import { assertCombination } from '../open-drivers/assert-combination.ts'
import { openDatabase } from '../open-drivers/database.ts'
import { openObjects } from '../open-drivers/objects.ts'
import { assertNobodyThere } from '../open-drivers/one-database.ts'
import { isDistributed, openRedis } from '../open-drivers/redis.ts'
import { openTables, type Tables } from '../records/tables.ts'
import type { ServerSettings } from '../settings/settings.ts'
import { UNFINISHED } from './unfinished.ts'

/** What a backup is restored into; nobody else works on it. */
export interface RestoreTarget {
  readonly tables: Tables
  readonly blobs: BlobStore
  readonly lock: Lock
}

/** So that a server that is started meanwhile waits, and then refuses. */
const LEASE_MS = 10_000

/** In each of these is a row as soon as somebody has used a server; one that was only started has none. */
const ofUsers = { users: 'by_age', collections: 'by_age', documents: 'by_original', runs: 'by_user', pipelines: 'by_age' } as const

/**
 * Opens what the settings choose, and marks it as restored only in part: until `finishTarget` no server starts on it.
 * @throws INVALID_CONFIG while servers or workers use it, or for settings that are wrong; ALREADY_EXISTS for a database that is in use already, or in which
 * the restore of another backup was interrupted
 */
export async function openTarget(settings: ServerSettings, backup: string, stack: AsyncDisposableStack): Promise<RestoreTarget> {
  assertCombination(settings)
  const isEmbedded = settings.mongodbUrl === undefined
  const tables = await openTables(await openDatabase(settings, stack))
  const lock = stack.use(createTableLock(tables.locks, { alone: isEmbedded }))
  const { blobs } = await openObjects(settings, stack)
  const isNew = await mark(tables, backup)
  try {
    if (!isEmbedded) await assertUnused(settings, lock, stack)
  } catch (error) {
    if (isNew) await finishTarget(tables)
    throw error
  }
  return { tables, blobs, lock }
}

/** Lets servers use it. */
export async function finishTarget({ settings }: Pick<Tables, 'settings'>): Promise<void> {
  await settings.delete(UNFINISHED)
}

/** True where there was no mark; false where an earlier restore of the same backup was interrupted. */
async function mark(tables: Tables, backup: string): Promise<boolean> {
  const there = await tables.settings.get(UNFINISHED)
  if (there?.value === backup) return false
  if (there) {
    throw new ImageDocError(
      'ALREADY_EXISTS',
      `The restore of the backup ${there.value} into this database was interrupted. Finish it with --backup ${there.value}, or remove the database first.`,
    )
  }
  await assertEmpty(tables)
  await tables.settings.insert({ _id: UNFINISHED, revision: 0, created_at: new Date(), value: backup }).catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'ALREADY_EXISTS') throw error
    throw new ImageDocError('ALREADY_EXISTS', 'Another restore into this database has begun at the same time.', { cause: error })
  })
  return true
}

async function assertEmpty(tables: Tables): Promise<void> {
  for (const [name, index] of Object.entries(ofUsers)) {
    const { rows } = await tables[name as keyof typeof ofUsers].list({ index, limit: 1 })
    if (rows.length === 0) continue
    throw new ImageDocError(
      'ALREADY_EXISTS',
      'The database is in use: it has users or documents, which a restore would mix with those of the backup. Name an empty data folder in IMAGEDOC_DATA (--data DIR at a terminal), or an empty database in IMAGEDOC_MONGODB_URL; or move the present one away first.',
    )
  }
}

/** The mark is there by now: whoever starts from here on sees it. */
async function assertUnused(settings: ServerSettings, lock: Lock, stack: AsyncDisposableStack): Promise<void> {
  if (isDistributed(settings)) {
    const connection = await openRedis(settings, stack)
    if (connection) return assertNobodyThere(connection)
  }
  const lease = await lock.acquire('only-server', { ttlMs: LEASE_MS })
  if (lease) return void stack.use(lease)
  throw new ImageDocError('INVALID_CONFIG', 'A server uses this database. Stop it first. One that was killed is forgotten after 10 s.', {
    details: { variable: 'IMAGEDOC_MONGODB_URL' },
  })
}
