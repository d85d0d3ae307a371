import { ImageDocError } from '@imagedoc/core'
import type { Db, MongoClient, MongoClientOptions, ObjectId, WriteConcernSettings } from 'mongodb'
import { closedError, unreachableError } from './errors.ts'

/** So long until a server that is gone is called unreachable. The driver's own default is ten times as long. */
const SELECTION_MS = 3000

/** So long an answer may take; more than any query of ours needs. */
const SOCKET_MS = 30_000

/** So long a call waits for one of the connections. */
const QUEUE_MS = 10_000

const DEFAULT_DATABASE = 'imagedoc'

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions, those of Windows too; in bytes of UTF-8 it may be 63. */
const DATABASE_NAME = /^[^/\\. "$*<>:|?\0]{1,63}$/

export interface ConnectedDatabase {
  readonly db: Db
  readonly makeId: (hex: string) => ObjectId
}

/** The connections to one database, made at the first use. */
export interface MongodbConnection extends AsyncDisposable {
  opened(): Promise<ConnectedDatabase>
  /** Connections of their own, on which an answer may take as long as it takes: an index over many rows. */
  patiently<T>(work: (database: ConnectedDatabase) => Promise<T>): Promise<T>
}

/** @throws INVALID_CONFIG, when it is used, for a URL that is none */
export function createMongodbConnection(url: string): MongodbConnection {
  let opening: Promise<OpenClient> | undefined
  let closed = false
  const opened = async (): Promise<OpenClient> => {
    if (closed) throw closedError()
    opening ??= open(url, { socketTimeoutMS: SOCKET_MS })
    const attempt = opening
    try {
      return await attempt
    } catch (error) {
      // The next call tries again; another call that waited for this attempt may have begun so already.
      if (opening === attempt) opening = undefined
      throw error
    }
  }
  return {
    opened,
    async patiently(work) {
      if (closed) throw closedError()
      const own = await open(url, {})
      try {
        return await work(own)
      } finally {
        await own.client.close()
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      const open = await opening?.catch(() => undefined)
      await open?.client.close()
    },
  }
}

interface OpenClient extends ConnectedDatabase {
  readonly client: MongoClient
}

async function open(url: string, options: MongoClientOptions): Promise<OpenClient> {
  const driver = await import('mongodb')
  const client = madeClient(driver.MongoClient, url, options)
  try {
    const name = databaseOf(url)
    await client.connect()
    const { setName, msg } = await client.db('admin').command({ hello: 1 })
    const replicated = setName !== undefined || msg === 'isdbgrid'
    // The majority only where there is one to wait for: other servers refuse it, or take it for nothing. Never none at all.
    const writeConcern: WriteConcernSettings = replicated ? { w: 'majority', journal: true } : { ...client.options.writeConcern, w: 1 }
    const db = client.db(name, { writeConcern })
    return { client, db, makeId: (hex) => driver.ObjectId.createFromHexString(hex) }
  } catch (error) {
    await client.close()
    throw unreachableError(error)
  }
}

function madeClient(Client: typeof MongoClient, url: string, options: MongoClientOptions): MongoClient {
  try {
    return new Client(url, {
      appName: 'imagedoc',
      serverSelectionTimeoutMS: SELECTION_MS,
      connectTimeoutMS: SELECTION_MS,
      waitQueueTimeoutMS: QUEUE_MS,
      // Whatever the URL says: a secondary may not have heard yet that a token has ended.
      readPreference: 'primary',
      ...options,
    })
  } catch {
    // Without the cause: the driver's message quotes the URL, in which a password may stand.
    throw new ImageDocError(
      'INVALID_CONFIG',
      'The URL of MongoDB is none; it is of the form mongodb://user:password@host:27017/database, with special characters in percent-encoding.',
    )
  }
}

/** The driver itself would take `test` where the URL names none. @throws INVALID_CONFIG */
function databaseOf(url: string): string {
  const path = /^[^:]+:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1]
  const name = path ? decodeURIComponent(path) : DEFAULT_DATABASE
  if (DATABASE_NAME.test(name) && Buffer.byteLength(name) < 64) return name
  throw new ImageDocError(
    'INVALID_CONFIG',
    'The URL of MongoDB names a database that cannot be: behind the host stands a name of at most 63 bytes without spaces and any of / \\ . " $ * < > : | ?, such as /imagedoc.',
  )
}
