// The Redis driver of the result cache. Needs ioredis 6.

export { createRedisResultCache, type RedisResultCacheOptions } from './result-cache.ts'
