import { ImageDocError } from '@imagedoc/core'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Caller } from '../access/caller.ts'
import { networkOf } from './network.ts'

/** So many in so long a time, from the first one on. */
export interface Limit {
  readonly points: number
  readonly seconds: number
}

const QUARTER_HOUR = 900

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

/**
 * How often somebody may do something; counted in this process. An IPv6 address counts as its /64 network.
 * Every method counts first and throws RATE_LIMITED, with `details.retryAfterSeconds`, when that is one too many.
 */
export interface RateLimits {
  /** Any request: of the caller, or of the address when there is none. */
  request(caller: Pick<Caller, 'userId'> | null, address: string): Promise<void>
  /** Before a password from this address is looked at. */
  passwordFrom(address: string): Promise<void>
  /** Before a password for this account is looked at: the user's id, or what was typed when there is no such user. */
  passwordFor(account: string): Promise<void>
  /** The password was right: these attempts do not count any more. */
  passwordFitted(attempt: { readonly account: string; readonly address?: string }): Promise<void>
  /** Before a registration or a one-time token from this address is looked at. */
  entry(address: string): Promise<void>
}

/** @param limits those that differ from the defaults */
export function createRateLimits(limits: Partial<Limits> = {}): RateLimits {
  const limiter = (name: keyof Limits) => {
    const { points, seconds } = limits[name] ?? defaults[name]
    return new RateLimiterMemory({ keyPrefix: name, points, duration: seconds })
  }
  const user = limiter('user')
  const stranger = limiter('stranger')
  const account = limiter('account')
  const address = limiter('address')
  const entry = limiter('entry')
  return {
    request: (caller, from) => (caller ? consume(user, caller.userId) : consume(stranger, networkOf(from))),
    passwordFrom: (from) => consume(address, networkOf(from)),
    passwordFor: (name) => consume(account, name),
    async passwordFitted({ account: name, address: from }) {
      await account.delete(name)
      if (from !== undefined) await address.reward(networkOf(from))
    },
    entry: (from) => consume(entry, networkOf(from)),
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (error) {
    throw error instanceof RateLimiterRes ? limited(error.msBeforeNext) : error
  }
}

function limited(waitMs: number): ImageDocError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new ImageDocError('RATE_LIMITED', `Too many attempts. Try again in ${retryAfterSeconds} seconds.`, {
    details: { retryAfterSeconds },
  })
}
