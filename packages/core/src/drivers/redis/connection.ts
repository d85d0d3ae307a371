import type { Redis, RedisOptions } from 'ioredis'
import { ImageDocError, isImageDocError } from '../../errors/error.ts'
import { parseRedisUrl } from './url.ts'

/** What {@link createRedisConnection} takes. */
export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with name, password and database; the connection is made at the first call. Either this or `client`. */
  url?: string
  /** A client of ioredis 6 without a `keyPrefix`; it is not closed. */
  client?: Redis
  /** A command may take so long, in ms. @default 1500 */
  timeoutMs?: number
  /** Of the errors: of a cache, which nobody needs, or of what the work rests on. @default 'STORE_UNAVAILABLE' */
  code?: 'CACHE_UNAVAILABLE' | 'STORE_UNAVAILABLE'
}

/** A Redis that may be away: no call hangs, and while it is away every call fails at once. Disposing closes what was opened by its address. */
export interface RedisConnection extends AsyncDisposable {
  /** Calls are sent in the order in which they are made. @throws the code of the options when Redis does not answer in time, is full, or refuses the command */
  run<T>(work: (client: Redis) => Promise<T>): Promise<T>
  /** A further client to the same place, for who needs one alone; whoever asks for it disconnects it. Its commands fail in time, too. */
  open(options?: Pick<RedisOptions, 'autoResubscribe'>): Promise<Redis>
}

/** Redis has so long to answer. */
export const TIMEOUT_MS = 1500
/** Once it did not answer, only these probes wait for it. */
const PROBE_EVERY_MS = 500
const RECONNECT_MS = 500
/** With a command under way and nothing heard for so long, the line is taken for broken. */
const SOCKET_TIMEOUT_MS = 10_000

/**
 * One connection for any number of drivers.
 * @throws INVALID_CONFIG for anything but one of `url` and `client`, and for an address that is none
 */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { url, client: given, timeoutMs = TIMEOUT_MS, code = 'STORE_UNAVAILABLE' } = options
  assertOne(url, given)
  const address = url === undefined ? undefined : parseRedisUrl(url)
  let connecting: Promise<Redis> | undefined
  let probing: NodeJS.Timeout | undefined
  let closed = false

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
  const client = () => (connecting ??= address ? newClient(address, timeoutMs) : Promise.resolve(given!))

  return {
    async run(work) {
      if (closed) throw closedError(code)
      if (probing) throw unavailable(code, 'does not answer')
      const redis = await client()
      try {
        return await withDeadline(work(redis), timeoutMs)
      } catch (error) {
        if (isImageDocError(error)) throw error
        // What Redis itself refuses, it refuses at once: only silence is worth a probe.
        if (!isReply(error) && !probing) watch(redis)
        throw redisFailure(error, code)
      }
    },
    async open(further = {}) {
      if (closed) throw closedError(code)
      const bounded = { commandTimeout: timeoutMs, ...further }
      return address ? newClient({ ...address, ...bounded }, timeoutMs) : listened(given!.duplicate(bounded))
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(probing)
      if (address) (await connecting?.catch(() => undefined))?.disconnect()
    },
  }
}

function assertOne(url: string | undefined, client: Redis | undefined): void {
  if ((url === undefined) === (client === undefined)) throw invalid('Redis is given either by its `url` or by a `client`.')
  if (client?.options?.keyPrefix)
    throw invalid('The Redis client has a `keyPrefix`, which scripts cannot see; set the `prefix` of the driver instead.')
}

/** @throws INVALID_CONFIG without ioredis */
export async function newClient(address: RedisOptions, timeoutMs: number): Promise<Redis> {
  const { Redis } = await import('ioredis').catch((error) => {
    throw invalid('Redis needs the package `ioredis` 6; install it beside @imagedoc/core.', error)
  })
  return listened(
    new Redis({
      connectTimeout: timeoutMs,
      socketTimeout: SOCKET_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MS),
      // A command that could not be sent fails with the second attempt to connect, and is never sent late.
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      // After a failover the old primary refuses to write; its name leads to the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      ...address,
    }),
  )
}

/** Without a listener ioredis writes to the console; every call tells of the failure anyway. */
function listened(client: Redis): Redis {
  return client.on('error', () => {})
}

export async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
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

/** True for an answer of Redis that is an error. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

const refusals: Readonly<Record<string, string>> = {
  NOAUTH: 'asks for a password',
  WRONGPASS: 'refused the user name or the password',
  NOPERM: 'does not permit this user a command or a key',
  LOADING: 'is still loading its data',
  READONLY: 'is a replica that cannot be written to',
}

/** In words; what Redis says itself may quote the command. */
export function refusalOf({ message }: Error): string {
  // Redis 6 puts words of its own before that of a script.
  if (message.includes('OOM command not allowed')) return 'is full'
  if (message.includes('DB index is out of range')) return 'has no such database'
  const [word = ''] = message.split(' ', 1)
  return refusals[word] ?? `refused a command (${word})`
}

type Code = NonNullable<RedisConnectionOptions['code']>

/** What a client of ioredis throws as an error of ours, for who has one alone. Nothing of the command is kept. */
export function redisFailure(error: unknown, code: Code = 'STORE_UNAVAILABLE'): ImageDocError {
  return unavailable(code, isReply(error) ? refusalOf(error) : 'does not answer', error)
}

function unavailable(code: Code, what: string, cause?: unknown): ImageDocError {
  const message = code === 'CACHE_UNAVAILABLE' ? `The result cache is not used: Redis ${what}.` : `Redis ${what}.`
  return new ImageDocError(code, message, { cause: withoutCommand(cause) })
}

/** ioredis hangs the command with its arguments on the error, and a log would write them: contents, and passwords. */
function withoutCommand(cause: unknown): unknown {
  if (!(cause instanceof Error && (isReply(cause) || 'command' in cause))) return cause
  return new Error(cause.message.split(', with args beginning with', 1)[0])
}

function closedError(code: Code): ImageDocError {
  return new ImageDocError(code, 'The connection to Redis is closed.', { retryable: false })
}

const invalid = (message: string, cause?: unknown) => new ImageDocError('INVALID_CONFIG', message, { cause })
