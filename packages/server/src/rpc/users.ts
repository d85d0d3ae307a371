import { z } from 'zod'
import type { Services } from '../services.ts'
import { email, quota, userDto, username, userOf, userRole } from './account-schema.ts'
import { id, idempotencyKey, pageOf, pageQuery } from './schema.ts'
import type { Procedures } from './trpc.ts'

const one = z.strictObject({ id })

/** What managers do with accounts. */
export function createUsersRouter({ router, managers }: Procedures, { accounts }: Pick<Services, 'accounts'>) {
  return router({
    create: managers
      .input(z.strictObject({ username, email, role: userRole.default('user'), quota: quota.optional(), idempotencyKey }))
      .output(z.object({ user: userDto, token: z.string().nullable() }))
      .mutation(async ({ ctx, input }) => {
        const { user, token } = await accounts.create(ctx.caller, input)
        return { user: userOf(user), token }
      }),
    resetPassword: managers
      .input(z.strictObject({ id, endKeys: z.boolean().default(false) }))
      .output(z.object({ token: z.string() }))
      .mutation(({ ctx, input }) => accounts.resetPassword(ctx.caller, input)),
    list: managers
      .input(z.strictObject(pageQuery))
      .output(pageOf(userDto))
      .query(async ({ input }) => {
        const { rows, next } = await accounts.list(input)
        return { items: rows.map(userOf), next }
      }),
    setRole: managers
      .input(z.strictObject({ id, role: userRole }))
      .output(userDto)
      .mutation(async ({ ctx, input }) => userOf(await accounts.setRole(ctx.caller, input))),
    deactivate: managers
      .input(one)
      .output(userDto)
      .mutation(async ({ ctx, input }) => userOf(await accounts.deactivate(ctx.caller, input.id))),
    reactivate: managers
      .input(one)
      .output(userDto)
      .mutation(async ({ ctx, input }) => userOf(await accounts.reactivate(ctx.caller, input.id))),
    setQuota: managers
      .input(z.strictObject({ id, quota }))
      .output(userDto)
      .mutation(async ({ ctx, input }) => userOf(await accounts.setQuota(ctx.caller, input))),
  })
}
