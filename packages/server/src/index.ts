// The server as a library: start it with your own plugins. `imagedoc serve` and `npm start` do so with the default ones.

export type { Drivers } from './create-services.ts'
export { defaultConfig } from './default-config.ts'
export { createLocalEventBus } from './drivers/local-event-bus.ts'
export { createSqliteMetadataStore, type SqliteMetadataStoreOptions } from './drivers/sqlite/metadata-store.ts'
export { createTableLock } from './drivers/table-lock.ts'
export type { QueryCache } from './query-cache/query-cache.ts'
export { createRedisQueryCache, type RedisQueryCacheOptions } from './query-cache/redis-query-cache.ts'
export type { Router } from './rpc/router.ts'
export { createServer, type ImageDocServer, type ServerOptions } from './server.ts'
export { readSettings, type ServerSettings, serverVariables } from './settings/settings.ts'
export type { Environment, Variable } from './settings/variables.ts'
export { tracingVariables } from './tracing/variables.ts'
