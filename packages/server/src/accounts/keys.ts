import { ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { idFor, newId } from '../records/id.ts'
import type { Token } from '../records/token.ts'
import type { AccountParts } from './account-parts.ts'
import { endOwn } from './logins.ts'
import type { PageRequest } from './token-ledger.ts'

/** Of one user. */
const KEYS = 50

export interface KeyRequest {
  readonly name: string
  readonly days: number
  readonly idempotencyKey?: string | undefined
}

/** API keys: for scripts, until they expire or are revoked. */
export interface Keys {
  /**
   * The token is shown once, also to a repeated request: that one learns which key the first one made.
   * @throws ALREADY_EXISTS with the key's id in `details` for a repeated request: revoke that key and create another; IDEMPOTENCY_CONFLICT; FORBIDDEN beyond 50 keys
   */
  createKey(caller: Caller, request: KeyRequest): Promise<{ readonly token: string; readonly key: Token }>
  keys(caller: Caller, page: PageRequest): Promise<RowPage<Token>>
  /** False when she has no such key (any more). */
  endKey(caller: Caller, id: string): Promise<boolean>
}

export function createKeys(parts: AccountParts): Keys {
  const { tables, tokens, audit, instanceKey } = parts
  return {
    async createKey({ userId }, { name, days, idempotencyKey }) {
      const id = idempotencyKey === undefined ? newId() : idFor(instanceKey, ['keys', userId, idempotencyKey])
      const isRepeated = (await tables.tokens.get(id)) !== undefined
      if (!isRepeated && (await tables.tokens.count('by_user', [userId, 'key'])) >= KEYS)
        throw new ImageDocError('FORBIDDEN', `A user has at most ${KEYS} keys. Revoke one first.`)
      const { token, row: key } = await tokens.issueOnce(id, { kind: 'key', userId, name, days })
      if (token === null) throw shownAlready(id)
      await audit.record({ userId, action: 'auth.keys.create', subject: { type: 'key', id } })
      return { token, key }
    },
    keys: ({ userId }, page) => tokens.list(userId, 'key', page),
    endKey: (caller, id) => endOwn(parts, caller, { id, kind: 'key' }),
  }
}

function shownAlready(id: string): ImageDocError {
  const message =
    'An earlier request with this idempotency key made the key, and its token is shown only once. If you do not have it, revoke that key and create another.'
  return new ImageDocError('ALREADY_EXISTS', message, { path: 'idempotencyKey', details: { id } })
}
