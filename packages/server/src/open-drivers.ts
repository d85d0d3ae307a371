import type { BlobStore, Config, EventBus, JobQueue, Lock, MetadataStore, ResultCache } from '@imagedoc/core'
import type { RedisConnection } from '@imagedoc/core/drivers/redis'
import type { SharedLimits } from './accounts/rate-limits.ts'
import { assertRestored } from './backup/unfinished.ts'
import type { PresignedDownloads } from './files/presigned-downloads.ts'
import { type Log, oncePerMinute, reasonOf } from './logging/log.ts'
import { assertCombination } from './open-drivers/assert-combination.ts'
import { openDatabase } from './open-drivers/database.ts'
import { type Objects, openObjects } from './open-drivers/objects.ts'
import { assertOneDatabase } from './open-drivers/one-database.ts'
import { usesDataFolder } from './open-drivers/places.ts'
import { isDistributed, openRedis } from './open-drivers/redis.ts'
import { cacheUrlOf, openResults } from './open-drivers/results.ts'
import { createSendInTurn } from './open-drivers/send-in-turn.ts'
import { noQueryCache, type QueryCache } from './query-cache/query-cache.ts'
import type { Queues } from './queues/queues.ts'
import { openTables, type Tables } from './records/tables.ts'
import { openRoom, type Room } from './room/room.ts'
import { blobsWithRoom, cacheWithRoom } from './room/with-room.ts'
import type { RunEventLog } from './run-events/run-event-log.ts'
import { namespacesOf } from './runs/namespaces.ts'
import type { ServerSettings } from './settings/settings.ts'
import type { Leftovers } from './sweep/leftovers.ts'
import type { UploadStore } from './uploads/upload-store.ts'
import type { Roster } from './workers/roster.ts'

/** What a server stands on. */
export interface Drivers {
  readonly store: MetadataStore
  readonly blobs: BlobStore
  readonly cache: ResultCache
  /** Cached blobs go so many days after they were last put; undefined: the result cache drops them itself. */
  readonly cachedBlobDays: number | undefined
  readonly uploads: UploadStore
  /** Undefined: every download goes through the server. */
  readonly downloads: PresignedDownloads | undefined
  /** Undefined: the blob store finds by itself what writers have left that were killed. */
  readonly leftovers: Leftovers | undefined
  readonly events: EventBus
  readonly runEventLog: RunEventLog
  readonly queue: JobQueue
  /** The queue is shared with workers: pages are its jobs. @default false */
  readonly distributed: boolean
  /** The workers that are there; undefined where nobody can know. */
  readonly roster: Roster | undefined
  readonly lock: Lock
  /** Whether there is room to store more. */
  readonly room: Room
  readonly queryCache: QueryCache
  /** Undefined: every process counts attempts for itself. */
  readonly sharedLimits: SharedLimits | undefined
}

interface Opening {
  readonly settings: ServerSettings
  readonly given: Partial<Drivers>
  readonly config: Config
  readonly log: Log
  readonly now: () => Date
  readonly queues: Pick<Queues, 'uploadParts'>
}

/** Longer than the 30 days of a record that points to it. */
const CACHED_BLOB_DAYS = 31

/**
 * The drivers that the settings choose, those that were given before them; what is opened here goes onto the stack. What is not chosen is not loaded.
 * @throws INVALID_CONFIG for settings that do not go together, for a server that cannot be used as it is, by the variable's name, and for a database
 * that a restore has filled only in part
 */
export async function openDrivers(opening: Opening, stack: AsyncDisposableStack): Promise<Drivers & { tables: Tables }> {
  const { settings, given, log } = opening
  assertCombination(settings)
  const redis = await openRedis(settings, stack)
  const room = stack.use(await openRoom({ folder: usesDataFolder(settings) ? settings.dataFolder : undefined, log }))
  const store = given.store ?? (await openDatabase(settings, stack, { room }))
  const tables = await openTables(store, room)
  const objects = given.blobs && given.uploads ? undefined : await openObjects(settings, stack)
  const shared = redis ? await onRedis(opening, { connection: redis, tables }, stack) : await inProcess(opening, tables, stack)
  // After this process has said on Redis that it is there, and a restore looks the other way round: neither goes unseen.
  await assertRestored(tables)
  const lock = given.lock ?? shared.lock
  return {
    store,
    tables,
    room,
    ...(await openKept(opening, objects, { lock, room, stack, tables })),
    downloads: given.downloads ?? objects?.downloads,
    leftovers: given.leftovers ?? (given.blobs ? undefined : objects?.leftovers),
    events: given.events ?? shared.events,
    runEventLog: given.runEventLog ?? shared.runEventLog,
    queue: given.queue ?? shared.queue,
    distributed: given.distributed ?? isDistributed(settings),
    roster: given.roster ?? shared.roster,
    lock,
    queryCache: given.queryCache ?? shared.queryCache,
    sharedLimits: given.sharedLimits ?? (redis && { connection: redis }),
  }
}

async function openKept(
  { settings, given, queues }: Opening,
  objects: Objects | undefined,
  { lock, room, stack, tables }: { lock: Lock; room: Room; stack: AsyncDisposableStack; tables: Tables },
): Promise<Pick<Drivers, 'blobs' | 'cache' | 'cachedBlobDays' | 'uploads'>> {
  const blobs = given.blobs ?? (objects as Objects).blobs
  const files = given.blobs ? undefined : objects?.files
  const sendInTurn = createSendInTurn(tables, queues)
  const areCounted = files !== undefined && cacheUrlOf(settings) === undefined
  const kept = blobsWithRoom(blobs, room)
  const results = given.cache ?? (await openResults({ settings, blobs: kept, files }, stack))
  return {
    blobs: kept,
    cache: cacheUrlOf(settings) === undefined ? cacheWithRoom(results, room) : results,
    cachedBlobDays: given.cachedBlobDays ?? (areCounted ? undefined : CACHED_BLOB_DAYS),
    uploads: given.uploads ?? (await (objects as Objects).uploads({ lock, room, sendInTurn })),
  }
}

type Shared = Pick<Drivers, 'events' | 'runEventLog' | 'queue' | 'roster' | 'lock' | 'queryCache'>

/** What processes tell each other, over Redis. */
async function onRedis(
  { settings, config, log, now }: Opening,
  { connection, tables }: { connection: RedisConnection; tables: Tables },
  stack: AsyncDisposableStack,
): Promise<Shared> {
  const url = settings.redisUrl as string
  if (isDistributed(settings)) await assertOneDatabase({ connection, tables, now, log }, stack)
  const { createRedisEventBus } = await import('./drivers/redis/event-bus.ts')
  const { createRedisLock } = await import('./drivers/redis/lock.ts')
  const { createRedisRunEventLog } = await import('./drivers/redis/run-event-log.ts')
  const { createRedisQueryCache } = await import('./query-cache/redis-query-cache.ts')
  const events = stack.use(createRedisEventBus({ connection }))
  const onError = oncePerMinute((error) => log.warn({ reason: reasonOf(error) }, 'query cache'))
  const shared = {
    events,
    lock: stack.use(createRedisLock({ connection })),
    runEventLog: stack.use(createRedisRunEventLog({ connection })),
    queryCache: stack.use(await createRedisQueryCache({ url, onError })),
  }
  if (!isDistributed(settings)) return { ...shared, ...(await localQueue(stack)) }
  const { createBullmqJobQueue } = await import('./drivers/bullmq/job-queue.ts')
  const { createRedisRoster } = await import('./drivers/redis/roster.ts')
  const queue = stack.use(await createBullmqJobQueue({ url, events, needs: namespacesOf(config.plugins) }))
  return { ...shared, queue, roster: stack.use(createRedisRoster({ connection, log })) }
}

/** A time that goes on evenly, whatever the clock is set to: for what is kept for a while. */
const steadyNow = (): Date => new Date(performance.timeOrigin + performance.now())

/** The same for one process. */
async function inProcess({ given, settings }: Opening, { locks }: Tables, stack: AsyncDisposableStack): Promise<Shared> {
  const { createLocalEventBus } = await import('./drivers/local-event-bus.ts')
  const { createTableLock } = await import('./drivers/table-lock.ts')
  const { createMemoryRunEventLog } = await import('./run-events/memory-run-event-log.ts')
  // SQLite's file is open in one process: what another holder left in it is of one that has ended.
  const alone = given.store === undefined && settings.mongodbUrl === undefined
  return {
    events: stack.use(createLocalEventBus()),
    lock: stack.use(createTableLock(locks, { alone })),
    runEventLog: stack.use(createMemoryRunEventLog({ now: steadyNow })),
    queryCache: noQueryCache,
    ...(await localQueue(stack)),
  }
}

async function localQueue(stack: AsyncDisposableStack): Promise<Pick<Shared, 'queue' | 'roster'>> {
  const { createLocalJobQueue } = await import('./drivers/local-job-queue.ts')
  return { queue: stack.use(createLocalJobQueue()), roster: undefined }
}
