// Redis or Valkey: the result cache, and the connection that other drivers stand on. Needs ioredis 6.

export { createRedisConnection, type RedisConnection, type RedisConnectionOptions, redisFailure } from './connection.ts'
export { type RedisHold, type RedisHoldOptions, takeRedisKey } from './hold.ts'
export { type RedisInfo, redisInfo } from './info.ts'
export { REDIS_PREFIX, type RedisKeyRow, resultKeyTable } from './keys.ts'
export { createRedisResultCache, type RedisResultCacheOptions } from './result-cache.ts'
export { defineScript, type ScriptCall } from './script.ts'
export { parseRedisUrl } from './url.ts'
