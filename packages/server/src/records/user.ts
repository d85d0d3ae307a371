import type { Stored, TableDefinition } from '@imagedoc/core'

/** What a user may do on the server as a whole; what she may do in a collection is her role there. */
export type UserRole = 'user' | 'manager'

export interface Quota {
  readonly bytes: number
  readonly documents: number
}

export interface User extends Stored {
  /** Lower case, so that a unique index needs no collation. */
  readonly username: string
  /** Lower case. */
  readonly email: string
  /** argon2id in PHC format; empty until a user that a manager made has chosen one. */
  readonly password_hash: string
  readonly role: UserRole
  readonly active: boolean
  /** One more whenever what she may see changes: a kept list of an earlier epoch is never shown. */
  readonly access_epoch: number
  /** What her own collections may hold. */
  readonly quota: Quota
}

export const users: TableDefinition<User> = {
  name: 'users',
  indexes: {
    by_username: { fields: ['username'], unique: true },
    by_email: { fields: ['email'], unique: true },
    by_age: { fields: ['created_at'] },
    by_role: { fields: ['role', 'active'] },
  },
}

/** What a user's collections hold; counted by compare-and-set, and counted anew by the sweep. `_id` is the user's. */
export interface Usage extends Stored, Quota {
  /** When the sweep last counted it anew. */
  readonly counted_at: Date
}

export const usage: TableDefinition<Usage> = { name: 'usage', indexes: { by_count: { fields: ['counted_at'] } } }
