import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFileBlobStore,
  createImageDoc,
  createMemoryResultCache,
  type ErrorCode,
  errorCodes,
  type ImageDocOptions,
  isImageDocError,
  type Limits,
  type Lock,
} from '@imagedoc/core'
import image from '@imagedoc/plugin-image'
import pdf from '@imagedoc/plugin-pdf'
import { Hono } from 'hono'
import type { Caller } from '../../src/access/caller.ts'
import { createCollectionAccess } from '../../src/access/collection-access.ts'
import { createSqliteMetadataStore } from '../../src/drivers/sqlite/metadata-store.ts'
import { createTableLock } from '../../src/drivers/table-lock.ts'
import type { HttpEnv } from '../../src/http/env.ts'
import { createQueues } from '../../src/queues/queues.ts'
import { newId } from '../../src/records/id.ts'
import { openTables } from '../../src/records/tables.ts'
import type { Services } from '../../src/services.ts'
import { readSettings, type ServerSettings } from '../../src/settings/settings.ts'
import { createFileUploadStore } from '../../src/uploads/file-upload-store.ts'
import { createUsageLedger } from '../../src/usage/usage.ts'
import { endlessRoom } from '../support/endless-room.ts'

/** What uploads and files need of the services, with every part real. */
export type TestServices = Pick<
  Services,
  | 'access'
  | 'blobs'
  | 'cache'
  | 'downloads'
  | 'imagedoc'
  | 'interactive'
  | 'lock'
  | 'log'
  | 'now'
  | 'queues'
  | 'settings'
  | 'store'
  | 'tables'
  | 'uploads'
  | 'usage'
>

export interface TestServer extends AsyncDisposable {
  services: TestServices
  folder: string
  /** A caller with a row among the users. */
  addCaller(username: string, quotaBytes?: number): Promise<Caller & { logOut(): void }>
  /** The clock that rows are dated by. */
  advance(ms: number): void
}

/** Drivers to use instead of files; disposed by whoever made them. */
export type TestDrivers = (lock: Lock) => Pick<Services, 'blobs' | 'uploads' | 'downloads'>

export async function openServer(
  changes: Partial<ServerSettings> = {},
  limits: Partial<Limits> = {},
  drivers?: TestDrivers,
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedoc-uploads-'))
  const store = createSqliteMetadataStore({ path: ':memory:' })
  const tables = await openTables(store)
  const cache = createMemoryResultCache()
  const lock = createTableLock(tables.locks)
  const { blobs, uploads, downloads } = drivers?.(lock) ?? filesIn(folder)
  const plugins = [image(), pdf()] as unknown as ImageDocOptions<[]>['plugins']
  const imagedoc = createImageDoc({ plugins, blobs, cache, isolation: 'children', limits }) as unknown as Services['imagedoc']
  let shift = 0
  const now = (): Date => new Date(Date.now() + shift)
  const quiet = () => undefined
  const settings = { ...readSettings({}), dataFolder: folder, ...changes }
  const services: TestServices = {
    access: createCollectionAccess(tables),
    blobs,
    cache,
    downloads,
    imagedoc,
    interactive: imagedoc,
    lock,
    log: { info: quiet, warn: quiet, error: quiet },
    now,
    queues: createQueues(settings),
    settings,
    store,
    tables,
    uploads,
    usage: createUsageLedger(tables, now),
  }
  return {
    services,
    folder,
    advance: (ms) => {
      shift += ms
    },
    addCaller: (username, quotaBytes = 2 ** 30) => addCaller(services, username, quotaBytes),
    async [Symbol.asyncDispose]() {
      await imagedoc[Symbol.asyncDispose]()
      await lock[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function filesIn(folder: string): ReturnType<TestDrivers> {
  const blobs = createFileBlobStore({ path: join(folder, 'blobs') })
  return { blobs, uploads: createFileUploadStore({ folder: join(folder, 'uploads'), blobs, room: endlessRoom }), downloads: undefined }
}

async function addCaller({ tables }: TestServices, username: string, quotaBytes: number): Promise<Caller & { logOut(): void }> {
  const userId = newId()
  await tables.users.insert({
    _id: userId,
    revision: 0,
    created_at: new Date(),
    username,
    email: `${username}@example.org`,
    password_hash: '',
    role: 'user',
    active: true,
    access_epoch: 0,
    quota: { bytes: quotaBytes, documents: 100 },
  })
  const token = new AbortController()
  const { signal } = token
  const logOut = (): void => token.abort()
  return { userId, username, role: 'user', accessEpoch: 0, tokenId: newId(), tokenKind: 'session', signal, logOut }
}

/** The routes as the application has them: somebody is logged in, and errors become JSON. */
export function appFor(routes: Hono<HttpEnv>, caller: Caller | null): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.use(async (c, next) => {
    c.set('caller', caller)
    c.set('address', '127.0.0.1')
    await next()
  })
  app.onError((error, c) => {
    if (!isImageDocError(error)) throw error
    return c.json({ error: error.toJSON() }, errorCodes[error.code].status as 400)
  })
  return app.route('/', routes)
}

/** The code of an answer that says no. */
export async function codeOf(response: Response): Promise<ErrorCode | undefined> {
  const body = (await response.json()) as { error?: { code: ErrorCode } }
  return body.error?.code
}
