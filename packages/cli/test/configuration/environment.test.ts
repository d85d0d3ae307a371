import { describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/configuration/environment.ts'

describe('the environment', () => {
  it('chooses the cache folder: its own variable, then the XDG one, which must be absolute', () => {
    expect(readEnvironment({ IMAGEDOC_CACHE_DIR: 'here', XDG_CACHE_HOME: '/xdg' }).cacheDir).toBe('here')
    expect(readEnvironment({ XDG_CACHE_HOME: '/xdg' }).cacheDir).toBe('/xdg/imagedoc')
    expect(readEnvironment({ XDG_CACHE_HOME: 'relative' }).cacheDir).not.toContain('relative')
  })

  it('reads sizes with and without a unit', () => {
    const bytes = (value: string) => readEnvironment({ IMAGEDOC_CACHE_MAX_BYTES: value }).cacheMaxBytes
    expect([bytes('1000'), bytes('500MB'), bytes('1.5 GiB'), bytes('')]).toEqual([1000, 500e6, 1.5 * 1024 ** 3, undefined])
    for (const wrong of ['much', '10XB', '-1', '0'])
      expect(() => bytes(wrong)).toThrow('IMAGEDOC_CACHE_MAX_BYTES is wrong; it expects a number of bytes')
  })

  it('prefers the Redis that is for the cache, and the key that is for imagedoc', () => {
    const { redisCacheUrl, deeplAuthKey } = readEnvironment({
      IMAGEDOC_REDIS_URL: 'redis://one',
      IMAGEDOC_REDIS_CACHE_URL: 'rediss://u:p@two:6380/1',
      DEEPL_AUTH_KEY: 'a',
      IMAGEDOC_DEEPL_AUTH_KEY: 'b',
    })
    expect([redisCacheUrl, deeplAuthKey]).toEqual(['rediss://u:p@two:6380/1', 'b'])
    expect(readEnvironment({ IMAGEDOC_REDIS_URL: 'redis://one', DEEPL_AUTH_KEY: 'a' })).toMatchObject({
      redisCacheUrl: 'redis://one',
      deeplAuthKey: 'a',
    })
  })

  it('names a wrong variable and what it expects, never its value', () => {
    const read = () => readEnvironment({ IMAGEDOC_REDIS_URL: 'http://user:topsecret@host' })
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', details: { variable: 'IMAGEDOC_REDIS_URL' } }))
    expect(read).not.toThrow(/topsecret/)
  })
})
