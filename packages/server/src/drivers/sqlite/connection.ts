import { closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { ImageDocError, isDiskFull } from '@imagedoc/core'
import { isFull } from './errors.ts'
import { LOCK_SUFFIX, lockExclusively } from './exclusive-lock.ts'

/** Says "ImageDoc" in a file's header, so that no other application's database is written to. */
const APPLICATION_ID = 0x49_6d_44_6f

/** Raised when an older ImageDoc could not read what this one writes. */
const FORMAT = 1

const IN_MEMORY = ':memory:'

/** How long a write waits for that of another process. SQLite's default is not to wait at all. */
const BUSY_MS = 5000

export interface ConnectionOptions {
  path: string
  exclusive: boolean
  readOnly: boolean
  /** Makes room on a full disk, as well as it can; false when it could not. Then what could not be written is tried once more. */
  makeRoom?: () => boolean
}

/** One open database. Its calls block the process, so each is short. */
export interface SqliteConnection extends Disposable {
  /** Prepared once. */
  statement(sql: string): StatementSync
  exec(sql: string): void
  /** All of `work` or nothing; nobody writes between its reads and its writes. */
  write<T>(work: () => T): T
}

/** @throws INVALID_CONFIG for a file of a newer ImageDoc, another application's database, or one that another process holds exclusively */
export function openConnection({ path, exclusive, readOnly, makeRoom = () => false }: ConnectionOptions): SqliteConnection {
  if (readOnly) return openToRead(path)
  return withRoom(makeRoom, () => open({ path, exclusive, makeRoom }))
}

function open({ path, exclusive, makeRoom }: Omit<Required<ConnectionOptions>, 'readOnly'>): SqliteConnection {
  const file = path === IN_MEMORY ? path : madeFile(path)
  using opening = new DisposableStack()
  if (exclusive && file !== IN_MEMORY) opening.use(lockExclusively(file))
  const database = opening.adopt(new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: false }), (open) => open.close())
  const connection = connectionOn(database, makeRoom)
  // Before the first write, so that a file that is not ours stays as it is.
  const isNew = assertOurs(database)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864')
  if (isNew) connection.write(() => database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`))
  const held = opening.move()
  return { ...connection, [Symbol.dispose]: () => held.dispose() }
}

/** What is there, without a trace of the look: beside whoever has it exclusively. */
function openToRead(path: string): SqliteConnection {
  if (!existsSync(path)) throw noDatabase(path)
  using opening = new DisposableStack()
  const database = opening.adopt(new DatabaseSync(path, { timeout: BUSY_MS, readOnly: true }), (open) => open.close())
  if (assertOurs(database)) throw noDatabase(path)
  const held = opening.move()
  return { ...connectionOn(database, () => false), [Symbol.dispose]: () => held.dispose() }
}

function noDatabase(path: string): ImageDocError {
  return new ImageDocError(
    'INVALID_CONFIG',
    `There is no database here: no server has kept anything in ${dirname(path)}. Name the data folder in IMAGEDOC_DATA (or by --data).`,
  )
}

function connectionOn(database: DatabaseSync, makeRoom: () => boolean): Omit<SqliteConnection, keyof Disposable> {
  const statements = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const kept = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, kept)
    return kept
  }
  return {
    statement,
    exec: (sql) => database.exec(sql),
    write: (work) =>
      withRoom(
        () => makeRoom() && checkpointed(database),
        () => transaction(database, statement, work),
      ),
  }
}

function transaction<T>(database: DatabaseSync, statement: (sql: string) => StatementSync, work: () => T): T {
  statement('BEGIN IMMEDIATE').run()
  try {
    const result = work()
    statement('COMMIT').run()
    return result
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (database.isTransaction) statement('ROLLBACK').run()
    throw error
  }
}

/** Once more, when there was no room and some could be made. */
function withRoom<T>(makeRoom: () => boolean, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isFull(error) || !makeRoom()) throw error
    return work()
  }
}

/** What lies in the log of writes goes into the database, so that the log begins anew in the room that it has. */
function checkpointed(database: DatabaseSync): boolean {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return true
}

/** The file's real path, so that a link to it is the same database. Files are made for their owner alone: they hold what people log in with. */
function madeFile(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true })
    makeEmpty(path)
    const file = realpathSync(path)
    makeEmpty(`${file}${LOCK_SUFFIX}`)
    return file
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (isDiskFull(error))
      throw new ImageDocError('STORE_FULL', 'The file of the database could not be made: the disk is full. Make room on it.', {
        cause: error,
      })
    throw new ImageDocError('STORE_UNAVAILABLE', `The file of the database could not be made: the system says ${code}.`, { cause: error })
  }
}

/** Unless it is there. A file that is there is not opened: closing it would lift the locks that another store of this process has on it (POSIX). */
function makeEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** True when the file is new. */
function assertOurs(database: DatabaseSync): boolean {
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).get()![name] as number
  const [application, format] = [pragma('application_id'), pragma('user_version')]
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!['count']
  if (application === 0 && format === 0 && tables === 0) return true
  if (application !== APPLICATION_ID)
    throw new ImageDocError('INVALID_CONFIG', "The file is another application's database. Choose another path.")
  if (format > FORMAT) {
    throw new ImageDocError(
      'INVALID_CONFIG',
      `The database was written by a newer ImageDoc (format ${format}; this one knows ${FORMAT}). Use that one, or restore a backup.`,
    )
  }
  return false
}
