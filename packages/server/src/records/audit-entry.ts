import type { Json, Stored, TableDefinition } from '@imagedoc/core'
import type { Id } from './id.ts'

/** Who did what to what; no titles, file names, tokens or text. */
export interface AuditEntry extends Stored {
  /** Null where nobody was logged in, for example at a failed login. */
  readonly user_id: Id | null
  /** `group.verb`, as the procedure is called. */
  readonly action: string
  /** What it was done to. */
  readonly subject: { readonly type: string; readonly id: Id } | null
  readonly details: Json
}

export const auditEntries: TableDefinition<AuditEntry> = {
  name: 'audit_entries',
  indexes: {
    by_age: { fields: ['created_at'] },
    by_user: { fields: ['user_id', 'created_at'] },
    by_subject: { fields: ['subject.id', 'created_at'] },
  },
}
