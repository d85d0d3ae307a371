import type { Stored, TableDefinition } from '@imagedoc/core'

/** What one installation has once; `_id` is its name. */
export interface Setting extends Stored {
  readonly value: string
}

export const settings: TableDefinition<Setting> = { name: 'settings', indexes: { by_age: { fields: ['created_at'] } } }

/** A lock that somebody holds; `_id` is its name. */
export interface HeldLock extends Stored {
  readonly holder: string
  readonly expires_at: Date
}

export const locks: TableDefinition<HeldLock> = { name: 'locks', indexes: {} }
