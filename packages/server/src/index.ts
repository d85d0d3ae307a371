// The server as a library: start it with your own plugins. `imagedoc serve` and `npm start` do so with the default ones.

export { defaultConfig } from './default-config.ts'
export { createLocalEventBus } from './drivers/local-event-bus.ts'
export {
  createMongodbMetadataStore,
  type MongodbMetadataStore,
  type MongodbMetadataStoreOptions,
} from './drivers/mongodb/metadata-store.ts'
export { createRedisEventBus, type RedisEventBusOptions } from './drivers/redis/event-bus.ts'
export { createRedisLock, type RedisLockOptions } from './drivers/redis/lock.ts'
export { createRedisRunEventLog, type RedisRunEventLogOptions } from './drivers/redis/run-event-log.ts'
export { createS3BlobStore } from './drivers/s3/blob-store.ts'
export { createS3Connection, type S3Connection, type S3Options } from './drivers/s3/connection.ts'
export { createS3Downloads, type S3DownloadsOptions } from './drivers/s3/presign.ts'
export { assertBucket, type BucketReport, probeBucket } from './drivers/s3/probe.ts'
export { createS3UploadStore, type S3UploadStoreOptions } from './drivers/s3/upload-store.ts'
export { createSqliteMetadataStore, type SqliteMetadataStoreOptions } from './drivers/sqlite/metadata-store.ts'
export { createTableLock } from './drivers/table-lock.ts'
export type { PresignedDownloads } from './files/presigned-downloads.ts'
export type { Drivers } from './open-drivers.ts'
export type { QueryCache } from './query-cache/query-cache.ts'
export { createRedisQueryCache, type RedisQueryCacheOptions } from './query-cache/redis-query-cache.ts'
export type { Router } from './rpc/router.ts'
export { createServer, type ImageDocServer, type ServerOptions } from './server.ts'
export { readSettings, type ServerSettings, serverVariables } from './settings/settings.ts'
export type { Environment, Variable } from './settings/variables.ts'
export { tracingVariables } from './tracing/variables.ts'
export type { UploadStore } from './uploads/upload-store.ts'
