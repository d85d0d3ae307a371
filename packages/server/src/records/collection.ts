import type { Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

export type MemberRole = 'viewer' | 'editor'

export interface Member {
  readonly user_id: Id
  readonly role: MemberRole
}

export interface Collection extends Stored {
  /** The owner. */
  readonly user_id: Id
  readonly title: string
  readonly description: string
  /** The newest 100 documents; repairable, the truth is `documents.collection_id`. */
  readonly documents: readonly Id[]
  readonly members: readonly Member[]
  /** The owner and the members: who sees it, so that one index lists it for each of them. */
  readonly readers: readonly Id[]
  /** In the trash since then. */
  readonly deleted_at: Date | null
}

export const collections: TableDefinition<Collection> = {
  name: 'collections',
  indexes: {
    by_owner: { fields: ['user_id', 'deleted_at', 'created_at'] },
    by_reader: { fields: ['readers', 'deleted_at', 'created_at'] },
    by_deletion: { fields: ['deleted_at'] },
    by_age: { fields: ['created_at'] },
  },
}
