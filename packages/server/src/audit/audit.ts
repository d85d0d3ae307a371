import type { Json, RowPage } from '@imagedoc/core'
import type { AuditEntry } from '../records/audit-entry.ts'
import { newId } from '../records/id.ts'
import type { Tables } from '../records/tables.ts'

/** What is recorded of one deed. */
export interface Deed {
  readonly userId: string | null
  readonly action: string
  readonly subject?: { readonly type: string; readonly id: string }
  readonly details?: Json
}

/** The record of who did what. */
export interface Audit {
  record(deed: Deed): Promise<void>
  /** The newest first. */
  list(query: { userId?: string; subjectId?: string; after?: string | undefined; limit: number }): Promise<RowPage<AuditEntry>>
}

export function createAudit({ auditEntries }: Pick<Tables, 'auditEntries'>, now: () => Date): Audit {
  return {
    record: ({ userId, action, subject = null, details = null }) =>
      auditEntries.insert({ _id: newId(), revision: 0, created_at: now(), user_id: userId, action, subject, details } as AuditEntry),
    list({ userId, subjectId, ...page }) {
      const where =
        subjectId !== undefined
          ? { index: 'by_subject', equals: [subjectId] }
          : userId !== undefined
            ? { index: 'by_user', equals: [userId] }
            : { index: 'by_age' }
      return auditEntries.list({ ...where, ...page, order: 'descending' })
    },
  }
}
