import { ImageDocError } from '@imagedoc/core'
import type { Db, MongoClient, MongoClientOptions, ObjectId } from 'mongodb'
import { closedError, unreachableError } from './errors.ts'

/** So long until a server that is gone is called unreachable. The driver's own default is ten times as long. */
const SELECTION_MS = 3000

/** So long an answer may take; more than any query of ours needs. */
const SOCKET_MS = 30_000

/** So long a call waits for one of the connections. */
const QUEUE_MS = 10_000

const DEFAULT_DATABASE = 'imagedoc'

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
    await client.connect()
    // Only where there is a majority to wait for: other servers refuse it, or take it for nothing.
    const { setName, msg } = await client.db('admin').command({ hello: 1 })
    const replicated = setName !== undefined || msg === 'isdbgrid'
    const db = client.db(databaseOf(url), replicated ? { writeConcern: { w: 'majority', journal: true } } : {})
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

/** The driver itself would take `test` where the URL names none. */
function databaseOf(url: string): string {
  const path = /^[^:]+:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1]
  return path ? decodeURIComponent(path) : DEFAULT_DATABASE
}
