import { DatabaseSync } from 'node:sqlite'
import { ImageDocError } from '@imagedoc/core'
import { isBusy } from './errors.ts'

/** Behind the name of the database. */
export const LOCK_SUFFIX = '.lock'

/**
 * Keeps every other process off a database until it is closed. It is SQLite's own lock on an empty file beside the database, so the system lifts
 * it when the process dies, however it does; and readers such as a backup or the command `sqlite3` still get at the database itself.
 * The file stays: whoever removes it while another is about to lock it lets two in.
 * @throws INVALID_CONFIG when another process, or another store of this one, has it
 */
export function lockExclusively(databasePath: string): Disposable {
  const lock = new DatabaseSync(`${databasePath}${LOCK_SUFFIX}`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new ImageDocError(
      'INVALID_CONFIG',
      'The embedded database is in use by another process, and only one server can use it. Stop the other, or set IMAGEDOC_DATA to another folder; several servers share a MongoDB and a Redis, by IMAGEDOC_MONGODB_URL and IMAGEDOC_REDIS_URL.',
      { cause: error },
    )
  }
  return { [Symbol.dispose]: () => lock.close() }
}
