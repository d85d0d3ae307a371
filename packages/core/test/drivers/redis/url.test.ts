import { describe, expect, it } from 'vitest'
import { createRedisConnection, parseRedisUrl } from '../../../src/drivers/redis/index.ts'

describe('the address of Redis', () => {
  it.each([
    ['redis://127.0.0.1', { host: '127.0.0.1', port: 6379, db: 0 }],
    ['redis://cache.example.org:6380/', { host: 'cache.example.org', port: 6380, db: 0 }],
    ['redis://[::1]:6379/15', { host: '::1', port: 6379, db: 15 }],
    ['redis://:s%40cr%2Fet@host/3', { host: 'host', port: 6379, db: 3, password: 's@cr/et' }],
    ['rediss://anna:pass@host:6380/0', { host: 'host', port: 6380, db: 0, username: 'anna', password: 'pass', tls: {} }],
  ])('%s is understood', (url, parts) => {
    expect(parseRedisUrl(url)).toEqual(parts)
  })

  it.each([
    'http://anna:geheim@host',
    'geheim',
    'redis://',
    'redis://anna:geheim@host/main',
    'redis://anna:geheim@host/1/2',
    'redis://anna:geheim@host/-1',
    'redis://anna:geheim@host/0?keyPrefix=x',
    'redis://anna:geheim@host/0#x',
    'redis://anna:geheim%@host',
  ])('%s is refused without being quoted', (url) => {
    const refusal = expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.not.stringContaining('geheim') })
    expect(() => parseRedisUrl(url)).toThrow(refusal)
    expect(() => createRedisConnection({ url })).toThrow(refusal)
  })
})
