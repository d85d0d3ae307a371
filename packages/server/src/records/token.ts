import type { Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

/** `session` and `key` log in; `setup` makes the first manager, `password` lets its user choose one: both once. */
export type TokenKind = 'session' | 'key' | 'setup' | 'password'

export interface Token extends Stored {
  /** sha256 of the token, in hex: whoever reads the database cannot log in with it. */
  readonly hash: string
  readonly kind: TokenKind
  /** Null for `setup`, which belongs to nobody yet. */
  readonly user_id: Id | null
  /** What its owner calls a key; the user agent of a session. */
  readonly name: string
  readonly expires_at: Date
  readonly last_used_at: Date | null
}

export const tokens: TableDefinition<Token> = {
  name: 'tokens',
  indexes: {
    by_hash: { fields: ['hash'], unique: true },
    by_user: { fields: ['user_id', 'kind', 'created_at'] },
    by_expiry: { fields: ['expires_at'] },
  },
}
