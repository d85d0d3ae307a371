import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createRedisEventBus } from '../../../src/drivers/redis/event-bus.ts'
import { createRedisLock } from '../../../src/drivers/redis/lock.ts'
import { noRedis, ownRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''

describe.skipIf(noRedis)(noRedis ?? 'what a driver in Redis says of a failure', () => {
  const redis = ownRedis()
  const thrownBy = async (call: Promise<unknown>) => {
    const error = await call.catch((reason: unknown) => reason)
    return { error, text: inspect(error, { depth: 20, showHidden: true }) }
  }

  it('names neither the password nor the user that were refused', async () => {
    const address = new URL(url)
    address.username = 'somebody'
    address.password = 's3cret'
    const parts = () => ({ connection: redis.connect(address.href), prefix: redis.prefix })
    const calls = [
      () => redis.use(createRedisEventBus(parts())).subscribe('a', () => undefined),
      () => redis.use(createRedisEventBus(parts())).publish('a', 1),
      () => redis.use(createRedisLock(parts())).acquire('a', { ttlMs: 1000 }),
    ]
    for (const call of calls) {
      const { error, text } = await thrownBy(call())
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'Redis refused the user name or the password.' })
      expect(text).not.toMatch(/s3cret|somebody/)
    }
  })

  it('shows nothing of a command that was under way', async () => {
    // What ioredis throws of a pipeline that was answered in part when its line was cut.
    const aborted = Object.assign(new Error('Command aborted due to connection close'), {
      command: { name: 'set', args: ['a', 'content of a document'] },
    })
    const { error, text } = await thrownBy(redis.connect().run(() => Promise.reject(aborted)))
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'Redis does not answer.' })
    expect(text).toContain('Command aborted due to connection close')
    expect(text).not.toContain('content of a document')
  })
})
