import { join } from 'node:path'
import {
  type BlobStore,
  createFileBlobStore,
  createFileResultCache,
  createMemoryResultCache,
  createTieredResultCache,
  type EventBus,
  type JobQueue,
  type Lock,
  type MetadataStore,
  type ResultCache,
} from '@imagedoc/core'
import { createLocalEventBus } from './drivers/local-event-bus.ts'
import { createLocalJobQueue } from './drivers/local-job-queue.ts'
import { createSqliteMetadataStore } from './drivers/sqlite/metadata-store.ts'
import { createTableLock } from './drivers/table-lock.ts'
import type { PresignedDownloads } from './files/presigned-downloads.ts'
import { type Log, oncePerMinute, reasonOf } from './logging/log.ts'
import { noQueryCache, type QueryCache } from './query-cache/query-cache.ts'
import { createRedisQueryCache } from './query-cache/redis-query-cache.ts'
import { openTables, type Tables } from './records/tables.ts'
import { createMemoryRunEventLog } from './run-events/memory-run-event-log.ts'
import type { RunEventLog } from './run-events/run-event-log.ts'
import type { ServerSettings } from './settings/settings.ts'
import { createFileUploadStore } from './uploads/file-upload-store.ts'
import type { UploadStore } from './uploads/upload-store.ts'

/** What a server stands on. */
export interface Drivers {
  readonly store: MetadataStore
  readonly blobs: BlobStore
  readonly cache: ResultCache
  readonly uploads: UploadStore
  /** Undefined: every download goes through the server. */
  readonly downloads: PresignedDownloads | undefined
  readonly events: EventBus
  readonly runEventLog: RunEventLog
  readonly queue: JobQueue
  /** The queue is shared with workers: pages are its jobs. @default false */
  readonly distributed: boolean
  readonly lock: Lock
  readonly queryCache: QueryCache
}

interface Opening {
  readonly settings: ServerSettings
  readonly given: Partial<Drivers>
  readonly log: Log
  readonly now: () => Date
}

/** The drivers that the settings choose, those that were given before them; what is opened here goes onto the stack. */
export async function openDrivers(
  { settings, given, log, now }: Opening,
  stack: AsyncDisposableStack,
): Promise<Drivers & { tables: Tables }> {
  const { dataFolder } = settings
  const store = given.store ?? stack.use(createSqliteMetadataStore({ path: join(dataFolder, 'imagedoc.sqlite') }))
  const tables = await openTables(store)
  const { blobs, cache } = openResults(settings, given, stack)
  return {
    store,
    tables,
    blobs,
    cache,
    uploads: given.uploads ?? createFileUploadStore({ folder: join(dataFolder, 'uploads'), blobs }),
    downloads: given.downloads,
    events: given.events ?? stack.use(createLocalEventBus()),
    runEventLog: given.runEventLog ?? stack.use(createMemoryRunEventLog({ now })),
    queue: given.queue ?? stack.use(createLocalJobQueue()),
    distributed: given.distributed ?? false,
    lock: given.lock ?? stack.use(createTableLock(tables.locks)),
    queryCache: given.queryCache ?? stack.use(await openQueryCache(settings, log)),
  }
}

function openResults(
  { dataFolder }: ServerSettings,
  given: Partial<Drivers>,
  stack: AsyncDisposableStack,
): Pick<Drivers, 'blobs' | 'cache'> {
  const files = createFileBlobStore({ path: join(dataFolder, 'blobs') })
  const blobs = given.blobs ?? stack.use(files)
  if (given.cache) return { blobs, cache: given.cache }
  // The file cache may bound only blobs that it can count: those of the embedded store.
  const kept = createFileResultCache({ path: join(dataFolder, 'cache'), ...(given.blobs ? {} : { blobs: files }) })
  return { blobs, cache: stack.use(createTieredResultCache(createMemoryResultCache(), kept)) }
}

async function openQueryCache({ redisUrl }: ServerSettings, log: Log): Promise<QueryCache> {
  if (redisUrl === undefined) return noQueryCache
  return createRedisQueryCache({ url: redisUrl, onError: oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'query cache')) })
}
