import { z } from 'zod'
import type { Services } from '../services.ts'
import { jsonOut } from './json-value.ts'
import { id, isoDate, pageOf, pageQuery } from './schema.ts'
import type { Procedures } from './trpc.ts'

const entryDto = z.object({
  id,
  created_at: isoDate,
  user_id: id.nullable(),
  action: z.string(),
  subject: z.object({ type: z.string(), id: z.string() }).nullable(),
  details: jsonOut,
})

/** Who did what, for managers. */
export function createAuditRouter({ router, managers }: Procedures, { audit }: Pick<Services, 'audit'>) {
  return router({
    list: managers
      .input(z.strictObject({ user_id: id.optional(), subject_id: id.optional(), ...pageQuery }))
      .output(pageOf(entryDto))
      .query(async ({ input: { user_id, subject_id, after, limit } }) => {
        const { rows, next } = await audit.list({
          limit,
          ...(user_id === undefined ? {} : { userId: user_id }),
          ...(subject_id === undefined ? {} : { subjectId: subject_id }),
          after,
        })
        const items = rows.map(({ _id, created_at, user_id, action, subject, details }) => ({
          id: _id,
          created_at: created_at.toISOString(),
          user_id,
          action,
          subject: subject && { ...subject },
          details,
        }))
        return { items, next }
      }),
  })
}

const stats = z.object({
  users: z.number(),
  collections: z.number(),
  documents: z.number(),
  uploads: z.number(),
  cache: z.object({ entries: z.number(), bytes: z.number() }),
  uptimeSeconds: z.number(),
  memoryBytes: z.number(),
})

/** How much there is, for managers: numbers only, nothing of what documents say. */
export function createStatsProcedure({ managers }: Procedures, { tables, cache }: Pick<Services, 'tables' | 'cache'>) {
  return managers.output(stats).query(async () => {
    const [users, collections, documents, uploads, cached] = await Promise.all([
      tables.users.count('by_age'),
      tables.collections.count('by_deletion'),
      tables.documents.count('by_deletion'),
      tables.uploads.count('by_expiry'),
      cache.stats(),
    ])
    return {
      users,
      collections,
      documents,
      uploads,
      cache: { entries: cached.entries, bytes: cached.bytes },
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
    }
  })
}
