import type { AnyOperation, BlobStore, EventBus, ImageDoc, Lock, MetadataStore, ResultCache } from '@imagedoc/core'
import type { CollectionAccess } from './access/collection-access.ts'
import type { Accounts } from './accounts/accounts.ts'
import type { Authenticator } from './accounts/authenticator.ts'
import type { RateLimits } from './accounts/rate-limits.ts'
import type { Audit } from './audit/audit.ts'
import type { PresignedDownloads } from './files/presigned-downloads.ts'
import type { Log } from './logging/log.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { QueryCache } from './query-cache/query-cache.ts'
import type { Queues } from './queues/queues.ts'
import type { Tables } from './records/tables.ts'
import type { Room } from './room/room.ts'
import type { RunEvents } from './run-events/run-events.ts'
import type { BegunPages } from './runs/begun-pages.ts'
import type { Runner } from './runs/runner.ts'
import type { Search } from './search/search.ts'
import type { ServerSettings } from './settings/settings.ts'
import type { Tracing } from './tracing/tracing.ts'
import type { UploadStore } from './uploads/upload-store.ts'
import type { UsageLedger } from './usage/usage.ts'
import type { Webhooks } from './webhooks/webhooks.ts'

/** What the procedures and routes work with. Each takes only the members that it uses. */
export interface Services {
  readonly settings: ServerSettings
  readonly store: MetadataStore
  readonly tables: Tables
  readonly blobs: BlobStore
  readonly cache: ResultCache
  /** Cached blobs go so many days after they were last put; undefined: the result cache drops them itself. */
  readonly cachedBlobDays: number | undefined
  /** Where uploads are until they are blobs. */
  readonly uploads: UploadStore
  /** Works in children only: they alone decode what users upload. */
  readonly imagedoc: ImageDoc<AnyOperation>
  /** The same with children of its own, for what somebody waits for: long runs may have all the others. */
  readonly interactive: ImageDoc<AnyOperation>
  /** Undefined where clients get every byte from the server itself. */
  readonly downloads: PresignedDownloads | undefined
  readonly events: EventBus
  readonly runEvents: RunEvents
  readonly runner: Runner
  /** Pages of runs that are at work in this process. */
  readonly begunPages: BegunPages
  /** Pages of runs are jobs that any worker takes. */
  readonly distributed: boolean
  readonly lock: Lock
  /** Whether there is room to store more. */
  readonly room: Room
  readonly queryCache: QueryCache
  readonly search: Search
  readonly access: CollectionAccess
  readonly accounts: Accounts
  readonly authenticator: Authenticator
  readonly rateLimits: RateLimits
  /** Whatever waits for room: every user has some. */
  readonly queues: Queues
  readonly audit: Audit
  readonly usage: UsageLedger
  readonly webhooks: Webhooks
  readonly metrics: Metrics
  /** Undefined where no collector is configured. */
  readonly tracing: Tracing | undefined
  readonly log: Log
  readonly now: () => Date
  /** 32 random bytes of this installation: ids of idempotent requests are made with it. */
  readonly instanceKey: Uint8Array
}
