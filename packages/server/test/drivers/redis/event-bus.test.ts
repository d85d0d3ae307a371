import type { Json } from '@imagedoc/core'
import { describeEventBusContract } from '@imagedoc/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { createRedisEventBus } from '../../../src/drivers/redis/event-bus.ts'
import { noRedis, ownRedis, redisUrl } from '../../support/redis.ts'

const url = redisUrl() ?? ''

describe.skipIf(noRedis)(noRedis ?? 'the event bus in Redis', () => {
  const redis = ownRedis()
  const busAt = (address: string, options: { pingEveryMs?: number } = {}) =>
    redis.use(createRedisEventBus({ connection: redis.connect(address), prefix: redis.prefix, ...options }))

  describeEventBusContract('the event bus in Redis', { create: async () => busAt(url), another: async () => busAt(url) })

  const listen = async (bus: ReturnType<typeof busAt>, topic: string) => {
    const heard: Json[] = []
    await bus.subscribe(topic, (message) => void heard.push(message))
    return heard
  }
  /** Publishes until it is heard: what is sent while the line is down is lost. */
  const reaches = async (heard: readonly Json[], send: () => Promise<void>) => {
    const before = heard.length
    await vi.waitFor(
      async () => {
        await send()
        expect(heard.length).toBeGreaterThan(before)
      },
      { timeout: 10_000, interval: 50 },
    )
  }

  it('listens again to everything when its line was cut and is back', async () => {
    const line = await redis.openLine()
    const [near, far] = [busAt(line.url), busAt(url)]
    const [a, b] = [await listen(near, 'a'), await listen(near, 'b')]
    await line.cut()
    await expect(near.publish('a', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await line.mend()
    await reaches(a, () => far.publish('a', 'back'))
    await reaches(b, () => far.publish('b', 'back'))
    const heard = await listen(far, 'c')
    await reaches(heard, () => near.publish('c', 'back').catch(() => undefined))
  })

  it('finds out that its line swallows everything, and takes another', async () => {
    const line = await redis.openLine()
    const [near, far] = [busAt(line.url, { pingEveryMs: 100 }), busAt(url)]
    const heard = await listen(near, 'a')
    line.swallow()
    await reaches(heard, () => far.publish('a', 'back'))
  })

  it('says at once that it cannot listen while there is no line, and can when there is one', async () => {
    const line = await redis.openLine()
    await line.cut()
    const [near, far] = [busAt(line.url), busAt(url)]
    const startedAt = Date.now()
    await expect(listen(near, 'a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.not.stringContaining('127') })
    expect(Date.now() - startedAt).toBeLessThan(2500)
    await line.mend()
    const heard = await vi.waitFor(() => listen(near, 'a'), { timeout: 10_000 })
    await reaches(heard, () => far.publish('a', 'back'))
  })

  it('keeps databases apart, which the channels of Redis do not', async () => {
    const [first, second] = [busAt(`${url.replace(/\/\d*$/, '')}/1`), busAt(`${url.replace(/\/\d*$/, '')}/2`)]
    const heard = await listen(second, 'a')
    await first.publish('a', 'first')
    await second.publish('a', 'second')
    await vi.waitFor(() => expect(heard).toEqual(['second']))
  })

  it('is not stopped by what is no message', async () => {
    const bus = busAt(url)
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const heard = await listen(bus, 'a')
    await redis.connect().run((client) => client.publish(`${redis.prefix}event:${client.options.db ?? 0}:a`, '{no json'))
    await bus.publish('a', 1)
    await vi.waitFor(() => expect(heard).toEqual([1]))
    expect(warned).toHaveBeenCalledOnce()
    warned.mockRestore()
  })
})
