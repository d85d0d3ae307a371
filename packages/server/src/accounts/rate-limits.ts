import { createHash } from 'node:crypto'
import { ImageDocError } from '@imagedoc/core'
import { REDIS_PREFIX, type RedisConnection } from '@imagedoc/core/drivers/redis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Caller } from '../access/caller.ts'
import { serverKeys } from '../drivers/redis/keys.ts'
import { createLimiterClient } from '../drivers/redis/limiter-client.ts'
import { networkOf } from './network.ts'

/** So many in so long a time, from the first one on. */
export interface Limit {
  readonly points: number
  readonly seconds: number
}

const QUARTER_HOUR = 900
/** Of all limits: when the clock was set back, what is left of a limit looks longer than it is. */
const LONGEST_SECONDS = 3600

const defaults = {
  /** Requests of one user. */
  user: { points: 6000, seconds: 60 },
  /** Requests without a token from one address. */
  stranger: { points: 600, seconds: 60 },
  /** Passwords tried for one account. Strangers can so keep a user from logging in for a while; her sessions and keys go on. */
  account: { points: 30, seconds: QUARTER_HOUR },
  /** Passwords tried from one address. */
  address: { points: 60, seconds: QUARTER_HOUR },
  /** Registrations and one-time tokens tried from one address. */
  entry: { points: 30, seconds: 3600 },
} satisfies Record<string, Limit>

export type Limits = { readonly [Name in keyof typeof defaults]: Limit }

/** Where the attempts are counted for all processes together. */
export interface SharedLimits {
  /** Not closed here. While it does not answer, or is full, each process counts for itself. */
  readonly connection: RedisConnection
  /** Before every key. @default 'imagedoc:' */
  readonly prefix?: string
}

/**
 * How often somebody may do something. An IPv6 address counts as its /64 network.
 * Every method counts first and throws RATE_LIMITED, with `details.retryAfterSeconds`, when that is one too many.
 */
export interface RateLimits {
  /** Any request: of the caller, or of the address when there is none. What costs more time counts as so many of them. @default points 1 */
  request(caller: Pick<Caller, 'userId'> | null, address: string, points?: number): Promise<void>
  /** Before a password from this address is looked at. */
  passwordFrom(address: string): Promise<void>
  /** Before a password for this account is looked at: the user's id, or what was typed when there is no such user. */
  passwordFor(account: string): Promise<void>
  /** The password was right: these attempts do not count any more. */
  passwordFitted(attempt: { readonly account: string; readonly address?: string }): Promise<void>
  /** Before a registration or a one-time token from this address is looked at. */
  entry(address: string): Promise<void>
}

/**
 * @param limits those that differ from the defaults
 * @param shared counts in Redis; without it every process counts for itself
 */
export function createRateLimits(limits: Partial<Limits> = {}, shared?: SharedLimits): RateLimits {
  const limiter = (name: keyof Limits) => countingBy(createLimiter(name, limits[name] ?? defaults[name], shared))
  const user = limiter('user')
  const stranger = limiter('stranger')
  const account = limiter('account')
  const address = limiter('address')
  const entry = limiter('entry')
  return {
    request: (caller, from, points = 1) => (caller ? user.count(caller.userId, points) : stranger.count(networkOf(from), points)),
    passwordFrom: (from) => address.count(networkOf(from)),
    passwordFor: (name) => account.count(name),
    async passwordFitted({ account: name, address: from }) {
      await account.forget(name)
      if (from !== undefined) await address.giveBack(networkOf(from))
    },
    entry: (from) => entry.count(networkOf(from)),
  }
}

function countingBy(limiter: RateLimiterAbstract) {
  return {
    count: (who: string, points = 1): Promise<void> => consume(limiter, keyOf(who), points),
    forget: (who: string) => limiter.delete(keyOf(who)),
    giveBack: (who: string) => limiter.reward(keyOf(who)),
  }
}

/** As short as any other, and silent: what is typed for a user's name may be a password. */
function keyOf(who: string): string {
  return createHash('sha256').update(who).digest('base64url')
}

function createLimiter(name: keyof Limits, { points, seconds }: Limit, shared: SharedLimits | undefined): RateLimiterAbstract {
  const here = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds })
  if (!shared) return here
  const { connection, prefix = REDIS_PREFIX } = shared
  return new RateLimiterRedis({
    storeClient: createLimiterClient(connection),
    keyPrefix: serverKeys(prefix).limit(name),
    points,
    duration: seconds,
    insuranceLimiter: here,
  })
}

async function consume(limiter: RateLimiterAbstract, key: string, points: number): Promise<void> {
  try {
    await limiter.consume(key, points)
  } catch (error) {
    throw error instanceof RateLimiterRes ? limited(error.msBeforeNext) : error
  }
}

function limited(waitMs: number): ImageDocError {
  const retryAfterSeconds = Math.min(Math.max(1, Math.ceil(waitMs / 1000)), LONGEST_SECONDS)
  return new ImageDocError('RATE_LIMITED', `Too many attempts. Try again in ${retryAfterSeconds} seconds.`, {
    details: { retryAfterSeconds },
  })
}
