import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  type BlobStore,
  type Config,
  createFileBlobStore,
  createFileResultCache,
  createImageDoc,
  createMemoryResultCache,
  createTieredResultCache,
  type EventBus,
  ImageDocError,
  isImageDocError,
  type JobQueue,
  type Lock,
  type MetadataStore,
  type ResultCache,
} from '@imagedoc/core'
import { createCollectionAccess } from './access/collection-access.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createAuthenticator } from './accounts/authenticator.ts'
import { createRateLimits } from './accounts/rate-limits.ts'
import { createAudit } from './audit/audit.ts'
import { createLocalEventBus } from './drivers/local-event-bus.ts'
import { createLocalJobQueue } from './drivers/local-job-queue.ts'
import { createSqliteMetadataStore } from './drivers/sqlite/metadata-store.ts'
import { createTableLock } from './drivers/table-lock.ts'
import type { PresignedDownloads } from './files/presigned-downloads.ts'
import { createLog } from './logging/log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { observeRuns } from './metrics/observe-runs.ts'
import { noQueryCache, type QueryCache } from './query-cache/query-cache.ts'
import { createRedisQueryCache } from './query-cache/redis-query-cache.ts'
import { openTables, type Tables } from './records/tables.ts'
import { createMemoryRunEventLog } from './run-events/memory-run-event-log.ts'
import type { RunEventLog } from './run-events/run-event-log.ts'
import { createRunEvents } from './run-events/run-events.ts'
import { createRunner } from './runs/runner.ts'
import { createSearch } from './search/search-service.ts'
import type { Services } from './services.ts'
import type { ServerSettings } from './settings/settings.ts'
import type { Environment } from './settings/variables.ts'
import { openTracing } from './tracing/tracing.ts'
import { createFileUploadStore } from './uploads/file-upload-store.ts'
import type { UploadStore } from './uploads/upload-store.ts'
import { createUsageLedger } from './usage/usage.ts'
import { createWebhooks } from './webhooks/webhooks.ts'

const MINUTE_MS = 60_000

/** What a server stands on. */
export interface Drivers {
  readonly store: MetadataStore
  readonly blobs: BlobStore
  readonly cache: ResultCache
  readonly uploads: UploadStore
  readonly downloads: PresignedDownloads
  readonly events: EventBus
  readonly runEventLog: RunEventLog
  readonly queue: JobQueue
  readonly lock: Lock
  readonly queryCache: QueryCache
}

export interface ServicesOptions {
  readonly config?: Config
  readonly environment: Environment
  readonly settings: ServerSettings
  readonly drivers?: Partial<Drivers>
}

/** Opens the drivers and puts the services on them; disposing closes what was opened here. */
export async function createServices(options: ServicesOptions): Promise<Services & AsyncDisposable> {
  const { settings, drivers: given = {} } = options
  await using stack = new AsyncDisposableStack()
  const log = createLog(settings.logLevel)
  const now = (): Date => new Date()
  const store = given.store ?? stack.use(createSqliteMetadataStore({ path: join(settings.dataFolder, 'imagedoc.sqlite') }))
  const tables = await openTables(store)
  const { blobs, cache } = openResults(settings, given, stack)
  const config = options.config ?? (await import('./default-config.ts')).defaultConfig(options.environment)
  const metrics = createMetrics()
  const tracing = stack.use(
    await openTracing(
      options.environment,
      oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'tracing')),
    ),
  )
  const observe = (imagedoc: Services['imagedoc']): Services['imagedoc'] => {
    const counted = observeRuns(imagedoc, metrics)
    return tracing?.runs(counted) ?? counted
  }
  const open = () => observe(stack.use(createImageDoc({ plugins: config.plugins, cache, blobs, isolation: 'children' })))
  const imagedoc = open()
  assertOperations(imagedoc)
  const events = given.events ?? stack.use(createLocalEventBus())
  const rateLimits = createRateLimits()
  const usage = createUsageLedger(tables, now)
  const audit = createAudit(tables, now)
  const instanceKey = await openInstanceKey(tables, now)
  const lock = given.lock ?? stack.use(createTableLock(tables.locks))
  const shared = { settings, tables, events, lock, log, now, audit, usage, rateLimits, instanceKey }
  const authenticator = stack.use(createAuthenticator(shared))
  const runEventLog = given.runEventLog ?? stack.use(createMemoryRunEventLog({ now }))
  const unpublished = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'run events'))
  const runEvents = stack.use(createRunEvents({ ...shared, log: runEventLog, warn: unpublished }))
  const queryCache = given.queryCache ?? stack.use(await openQueryCache(settings, log))
  const webhooks = createWebhooks(shared)
  const queue = given.queue ?? stack.use(createLocalJobQueue())
  const access = createCollectionAccess(tables)
  const search = stack.use(createSearch({ ...shared, access, blobs }))
  const runner = stack.use(await createRunner({ ...shared, blobs, imagedoc, queryCache, queue, runEvents, search, tracing, webhooks }))
  const services: Services = {
    ...shared,
    store,
    blobs,
    cache,
    downloads: given.downloads,
    uploads: given.uploads ?? createFileUploadStore({ folder: join(settings.dataFolder, 'uploads'), blobs }),
    imagedoc,
    interactive: open(),
    queryCache,
    access,
    search,
    accounts: createAccounts({ ...shared, authenticator }),
    authenticator,
    runEvents,
    runner,
    webhooks,
    metrics,
    tracing,
  }
  const owned = stack.move()
  return { ...services, [Symbol.asyncDispose]: () => owned.disposeAsync() }
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

async function openQueryCache({ redisUrl }: ServerSettings, log: Services['log']): Promise<QueryCache> {
  if (redisUrl === undefined) return noQueryCache
  return createRedisQueryCache({ url: redisUrl, onError: oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'query cache')) })
}

/** While Redis is down every list fails to ask it: one line a minute says so as well. */
function oncePerMinute(tell: (error: unknown) => void): (error: unknown) => void {
  let silentUntil = 0
  return (error) => {
    if (Date.now() < silentUntil) return
    silentUntil = Date.now() + MINUTE_MS
    tell(error)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What the server itself runs: the check of an upload, and a page as an image. */
const NEEDED = ['document.inspect', 'document.pages', 'image.resize', 'image.crop', 'image.encode']

/** @throws INVALID_CONFIG when no plugin brings them: else the first upload would say so */
function assertOperations(imagedoc: Pick<Services['imagedoc'], 'operations'>): void {
  const there = imagedoc.operations().map(({ name }) => name)
  const missing = NEEDED.filter((name) => !there.includes(name))
  if (missing.length === 0) return
  throw new ImageDocError(
    'INVALID_CONFIG',
    `A server checks and shows documents with ${NEEDED.join(', ')}; missing: ${missing.join(', ')}. Add @imagedoc/plugin-image and @imagedoc/plugin-pdf to the plugins of the configuration.`,
  )
}

/** Made at the first start; whoever comes second takes the first one's. */
async function openInstanceKey({ settings }: Tables, now: () => Date): Promise<Uint8Array> {
  const value = randomBytes(32).toString('hex')
  await settings.insert({ _id: 'instance_key', revision: 0, created_at: now(), value }).catch((error: unknown) => {
    if (!isImageDocError(error) || error.code !== 'ALREADY_EXISTS') throw error
  })
  return Buffer.from((await settings.get('instance_key'))?.value ?? value, 'hex')
}
