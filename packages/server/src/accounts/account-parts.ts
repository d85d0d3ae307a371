import type { Lock } from '@imagedoc/core'
import type { Audit } from '../audit/audit.ts'
import type { Queues } from '../queues/queues.ts'
import type { Tables } from '../records/tables.ts'
import type { ServerSettings } from '../settings/settings.ts'
import type { UsageLedger } from '../usage/usage.ts'
import type { Authenticator } from './authenticator.ts'
import type { Passwords } from './password.ts'
import type { RateLimits } from './rate-limits.ts'
import type { TokenLedger } from './token-ledger.ts'

/** What accounts are made of; members of `Services`. */
export interface AccountNeeds {
  readonly settings: Pick<ServerSettings, 'registration' | 'quotaBytes' | 'quotaDocuments' | 'sessionDays'>
  readonly tables: Pick<Tables, 'users' | 'tokens'>
  readonly authenticator: Pick<Authenticator, 'ended'>
  readonly rateLimits: RateLimits
  readonly audit: Audit
  readonly usage: UsageLedger
  readonly lock: Lock
  readonly queues: Pick<Queues, 'passwords'>
  readonly now: () => Date
  readonly instanceKey: Uint8Array
}

export interface AccountParts extends AccountNeeds {
  readonly passwords: Passwords
  readonly tokens: TokenLedger
}

/** Where a request came from. */
export interface Visitor {
  readonly address: string
  readonly userAgent: string
}
