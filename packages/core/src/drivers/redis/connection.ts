import type { Redis } from 'ioredis'
import { ImageDocError, isImageDocError } from '../../errors/error.ts'
import { closedError } from '../local-leases.ts'

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`; the connection is made at the first call and closed by `close`. */
  url?: string
  /** The caller's own, without a `keyPrefix`; it is never closed. */
  client?: Redis
  /** A command may take so long. */
  timeoutMs: number
}

/** A Redis that may be away: no call hangs, and while it is away every call fails at once. */
export interface RedisConnection {
  /** @throws CACHE_UNAVAILABLE when Redis does not answer in time, is full, or refuses the command */
  run<T>(work: (client: Redis) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Once it did not answer, only these probes wait for it. */
const PROBE_EVERY_MS = 500
const RECONNECT_MS = 500

/** @throws INVALID_CONFIG for anything but one of `url` and `client` */
export function createRedisConnection({ url, client: given, timeoutMs }: RedisConnectionOptions): RedisConnection {
  if ((url === undefined) === (given === undefined)) {
    throw new ImageDocError('INVALID_CONFIG', 'The Redis result cache needs either `url` or `client`.')
  }
  if (given?.options?.keyPrefix) {
    throw new ImageDocError(
      'INVALID_CONFIG',
      'The Redis client has a `keyPrefix`, which `clear` cannot see; set `prefix` of the cache instead.',
    )
  }
  let connecting: Promise<Redis> | undefined
  let probing: NodeJS.Timeout | undefined
  let closed = false

  const connect = async () => given ?? makeClient(url!, timeoutMs)
  const probe = async (client: Redis) => {
    try {
      await withDeadline(client.ping(), timeoutMs)
      probing = undefined
    } catch {
      // A connection that is half open never answers again; a new one may.
      if (!given && !closed) client.disconnect(true)
      watch(client)
    }
  }
  const watch = (client: Redis) => {
    if (!closed) probing = setTimeout(() => void probe(client), PROBE_EVERY_MS).unref()
  }

  return {
    async run(work) {
      if (closed) throw closedError()
      if (probing) throw unavailable('does not answer')
      connecting ??= connect()
      const client = await connecting
      try {
        return await withDeadline(work(client), timeoutMs)
      } catch (error) {
        if (isImageDocError(error)) throw error
        // What Redis itself refuses, it refuses at once: only silence is worth a probe.
        if (error instanceof Error && error.name === 'ReplyError') throw refused(error)
        if (!probing) watch(client)
        throw unavailable('does not answer', error)
      }
    },
    async close() {
      closed = true
      clearTimeout(probing)
      if (given === undefined) (await connecting?.catch(() => undefined))?.disconnect()
    },
  }
}

async function makeClient(url: string, timeoutMs: number): Promise<Redis> {
  const { Redis } = await import('ioredis').catch((error) => {
    throw new ImageDocError('INVALID_CONFIG', 'The Redis result cache needs the package `ioredis` 6; install it beside @imagedoc/core.', {
      cause: error,
    })
  })
  const client = new Redis(url, {
    connectTimeout: timeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MS),
    // A command that could not be sent fails with the second attempt to connect, and is never sent late.
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
  })
  // Without a listener ioredis writes to the console; every call tells of the failure anyway.
  client.on('error', () => {})
  return client
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    // One turn later: when this process stood still, the answer lies there already, and timers run before it is read.
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function refused(error: Error): ImageDocError {
  return unavailable(error.message.startsWith('OOM') ? 'is full' : `refused a command (${error.message.split(' ', 1)[0]})`, error)
}

function unavailable(what: string, cause?: unknown): ImageDocError {
  return new ImageDocError('CACHE_UNAVAILABLE', `The result cache is not used: Redis ${what}.`, { cause })
}
