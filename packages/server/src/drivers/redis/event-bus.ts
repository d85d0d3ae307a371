import { type EventBus, ImageDocError, type Json } from '@imagedoc/core'
import { REDIS_PREFIX, type RedisConnection, redisFailure } from '@imagedoc/core/drivers/redis'
import type { Redis } from 'ioredis'
import { deliver, encodeMessage } from '../event-message.ts'
import { serverKeys } from './keys.ts'

export interface RedisEventBusOptions {
  /** Messages are sent over it, and a further client listens; it is not closed by the bus. */
  readonly connection: RedisConnection
  /** Before every channel. @default 'imagedoc:' */
  readonly prefix?: string
  /** How often the listening client is asked whether it still hears, in ms: nothing else tells a broken line from silence. @default 5000 */
  readonly pingEveryMs?: number
}

interface Channel {
  readonly listeners: Set<Heard>
  readonly ready: Promise<unknown>
}

interface Heard {
  readonly listener: (message: Json) => void
}

/**
 * Messages to every process that shares the Redis, by its publish and subscribe. What is sent while a listener's line is broken does not reach it; it
 * listens again, by itself, to everything as soon as there is a line.
 * @example await using events = createRedisEventBus({ connection })
 */
export function createRedisEventBus({ connection, prefix = REDIS_PREFIX, pingEveryMs = 5000 }: RedisEventBusOptions): EventBus {
  const keys = serverKeys(prefix)
  const channels = new Map<string, Channel>()
  let opening: Promise<Redis> | undefined
  let pinging: NodeJS.Timeout | undefined
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw new ImageDocError('STORE_UNAVAILABLE', 'The event bus is closed.', { retryable: false })
  }
  const nameOf = (client: Redis, topic: string) => keys.event(client.options.db ?? 0, topic)

  const open = async (): Promise<Redis> => {
    const client = await connection.open({ autoResubscribe: false })
    client.on('message', (name: string, json: string) => {
      for (const { listener } of [...(channels.get(name)?.listeners ?? [])]) void deliver(listener, json)
    })
    // Not ioredis's own resubscription: nobody hears of it when that fails.
    const reconnect = (): void => client.disconnect(true)
    client.on('ready', () => {
      if (channels.size > 0) client.subscribe(...channels.keys()).catch(reconnect)
    })
    pinging = setInterval(() => {
      if (client.status === 'ready') client.ping().catch(reconnect)
    }, pingEveryMs).unref()
    return client
  }

  const leave = (client: Redis, name: string, { channel, heard }: { channel: Channel; heard: Heard }): void => {
    channel.listeners.delete(heard)
    if (channel.listeners.size > 0 || channels.get(name) !== channel) return
    channels.delete(name)
    // In the order of the calls: who subscribes next is heard after it.
    client.unsubscribe(name).catch(() => undefined)
  }

  return {
    async publish(topic, message) {
      assertOpen()
      const json = encodeMessage(message)
      await connection.run((client) => client.publish(nameOf(client, topic), json))
    },
    async subscribe(topic, listener) {
      assertOpen()
      opening ??= open()
      const client = await opening
      assertOpen()
      const name = nameOf(client, topic)
      const channel = channels.get(name) ?? { listeners: new Set<Heard>(), ready: client.subscribe(name) }
      channels.set(name, channel)
      const heard: Heard = { listener }
      channel.listeners.add(heard)
      try {
        await channel.ready
      } catch (error) {
        leave(client, name, { channel, heard })
        assertOpen()
        throw redisFailure(error)
      }
      return { [Symbol.asyncDispose]: async () => leave(client, name, { channel, heard }) }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      channels.clear()
      const client = await opening?.catch(() => undefined)
      clearInterval(pinging)
      client?.disconnect()
    },
  }
}
