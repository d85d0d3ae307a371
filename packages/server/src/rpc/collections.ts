import { z } from 'zod'
import type { Caller } from '../access/caller.ts'
import { roleIn } from '../access/collection-access.ts'
import { createCollection, listCollections, setCollectionTrashed, updateCollection } from '../collections/collections.ts'
import { listMembers, removeMember, setMember } from '../collections/members.ts'
import { collectionsTag } from '../collections/written.ts'
import type { Collection } from '../records/collection.ts'
import type { Services } from '../services.ts'
import { purgeTime, type TrashSettings } from '../sweep/purge-time.ts'
import { description, id, idempotencyKey, isoDate, pageOf, pageQuery, revision, title } from './schema.ts'
import type { Procedures } from './trpc.ts'

const memberRole = z.enum(['viewer', 'editor'])
const member = z.object({ user_id: id, role: memberRole })
export const collectionDto = z.object({
  id,
  revision,
  user_id: id,
  title: z.string(),
  description: z.string(),
  created_at: isoDate,
  documents: z.array(id),
  members: z.array(member),
  deleted_at: isoDate.nullable(),
  /** When the sweep removes it for good; null when it is not in the trash. */
  purge_at: isoDate.nullable(),
  role: z.enum(['viewer', 'editor', 'owner']),
})
type CollectionDto = z.infer<typeof collectionDto>

/** Collections and who may see them. */
export function createCollectionsRouter({ router, signedIn }: Procedures, services: Services) {
  const one = z.strictObject({ id })
  const collectionOf = collectionsOf(services.settings)
  return router({
    create: signedIn
      .input(z.strictObject({ title, description: description.default(''), idempotencyKey }))
      .output(collectionDto)
      .mutation(async ({ ctx, input }) => collectionOf(await createCollection(services, ctx.caller, input), ctx.caller)),
    get: signedIn
      .input(one)
      .output(collectionDto)
      .query(async ({ ctx, input }) =>
        collectionOf(await services.access.collection(ctx.caller, input.id, { role: 'viewer', trashed: true }), ctx.caller),
      ),
    list: signedIn
      .input(z.strictObject({ ...pageQuery, trash: z.boolean().default(false) }))
      .output(pageOf(collectionDto))
      .query(({ ctx, input }) =>
        services.queryCache.read(
          {
            tags: [collectionsTag(ctx.caller.userId)],
            key: { list: 'collections', epoch: ctx.caller.accessEpoch, ...input, after: input.after ?? null },
          },
          async () => {
            const { rows, next } = await listCollections(services, ctx.caller, input)
            return { items: rows.map((row) => collectionOf(row, ctx.caller)), next }
          },
        ),
      ),
    update: signedIn
      .input(z.strictObject({ id, revision, title: title.optional(), description: description.optional() }))
      .output(collectionDto)
      .mutation(async ({ ctx, input }) => collectionOf(await updateCollection(services, ctx.caller, input), ctx.caller)),
    delete: signedIn
      .input(z.strictObject({ id, revision: revision.optional() }))
      .output(collectionDto)
      .mutation(async ({ ctx, input }) =>
        collectionOf(await setCollectionTrashed(services, ctx.caller, { ...input, trashed: true }), ctx.caller),
      ),
    restore: signedIn
      .input(one)
      .output(collectionDto)
      .mutation(async ({ ctx, input }) =>
        collectionOf(await setCollectionTrashed(services, ctx.caller, { ...input, trashed: false }), ctx.caller),
      ),
    members: router({
      list: signedIn
        .input(one)
        .output(z.array(member.extend({ username: z.string() })))
        .query(({ ctx, input }) => listMembers(services, ctx.caller, input.id)),
      /** Adds a member or changes her role. */
      set: signedIn
        .input(z.strictObject({ id, username: z.string().min(1).max(100), role: memberRole }))
        .output(collectionDto)
        .mutation(async ({ ctx, input }) => collectionOf(await setMember(services, ctx.caller, input), ctx.caller)),
      /** The owner removes anybody; a member may leave. */
      remove: signedIn
        .input(z.strictObject({ id, user_id: id }))
        .output(z.object({ removed: z.boolean() }))
        .mutation(async ({ ctx, input }) => ({ removed: await removeMember(services, ctx.caller, input) })),
    }),
  })
}

function collectionsOf(settings: TrashSettings): (row: Collection, caller: Caller) => CollectionDto {
  return (row, { userId }) => {
    const { _id, created_at, deleted_at, documents, members, readers: _, ...rest } = row
    return {
      id: _id,
      ...rest,
      documents: [...documents],
      members: members.map((entry) => ({ ...entry })),
      created_at: created_at.toISOString(),
      deleted_at: deleted_at?.toISOString() ?? null,
      purge_at: purgeTime(deleted_at, settings)?.toISOString() ?? null,
      role: roleIn(row, userId) ?? 'viewer',
    }
  }
}
