import { z } from 'zod'
import type { LoggedIn } from '../accounts/logins.ts'
import type { Token } from '../records/token.ts'
import type { Services } from '../services.ts'
import { email, loginName, meDto, newPassword, oneTimeToken, password, userDto, username, userOf } from './account-schema.ts'
import { id, idempotencyKey, isoDate, pageOf, pageQuery, title } from './schema.ts'
import type { Procedures } from './trpc.ts'

const KEY_DAYS = { least: 1, most: 3650, usual: 90 }

const loggedInDto = z.object({ token: z.string(), expires_at: isoDate, user: userDto })
const tokenDto = z.object({ id, name: z.string(), created_at: isoDate, expires_at: isoDate, last_used_at: isoDate.nullable() })
const sessionDto = tokenDto.extend({ current: z.boolean() })
const one = z.strictObject({ id })
const ended = z.object({ ended: z.boolean() })

/** Accounts of one's own: registering, logging in, passwords, sessions, keys. */
export function createAuthRouter(procedures: Procedures, services: Pick<Services, 'accounts'>) {
  const { accounts } = services
  const { router, open, signedIn, personal } = procedures
  return router({
    register: open
      .input(z.strictObject({ username, email, password: newPassword, setupToken: oneTimeToken.optional() }))
      .output(loggedInDto)
      .mutation(async ({ ctx, input }) => loggedInOf(await accounts.register(input, ctx))),
    login: open
      .input(z.strictObject({ username: loginName, password }))
      .output(loggedInDto)
      .mutation(async ({ ctx, input }) => loggedInOf(await accounts.login(input, ctx))),
    setPassword: open
      .input(z.strictObject({ token: oneTimeToken, password: newPassword }))
      .output(loggedInDto)
      .mutation(async ({ ctx, input }) => loggedInOf(await accounts.setPassword(input, ctx))),
    logout: personal
      .input(z.strictObject({}).optional())
      .output(ended)
      .mutation(async ({ ctx }) => {
        await accounts.logout(ctx.caller)
        return { ended: true }
      }),
    me: signedIn
      .input(z.strictObject({}).optional())
      .output(meDto)
      .query(async ({ ctx }) => {
        const { user, usage } = await accounts.me(ctx.caller)
        return { ...userOf(user), usage }
      }),
    changePassword: personal
      .input(z.strictObject({ currentPassword: password, newPassword, endKeys: z.boolean().default(false) }))
      .output(z.object({ ended: z.int() }))
      .mutation(async ({ ctx, input }) => ({ ended: await accounts.changePassword(ctx.caller, input) })),
    sessions: createSessionsRouter(procedures, services),
    keys: createKeysRouter(procedures, services),
  })
}

function createSessionsRouter({ router, personal }: Procedures, { accounts }: Pick<Services, 'accounts'>) {
  return router({
    list: personal
      .input(z.strictObject(pageQuery))
      .output(pageOf(sessionDto))
      .query(async ({ ctx, input }) => {
        const { rows, next } = await accounts.sessions(ctx.caller, input)
        return { items: rows.map((row) => ({ ...tokenOf(row), current: row._id === ctx.caller.tokenId })), next }
      }),
    revoke: personal
      .input(one)
      .output(ended)
      .mutation(async ({ ctx, input }) => ({ ended: await accounts.endSession(ctx.caller, input.id) })),
  })
}

function createKeysRouter({ router, personal }: Procedures, { accounts }: Pick<Services, 'accounts'>) {
  const expiresInDays = z.int().min(KEY_DAYS.least).max(KEY_DAYS.most).default(KEY_DAYS.usual)
  return router({
    create: personal
      .input(z.strictObject({ name: title, expiresInDays, idempotencyKey }))
      .output(z.object({ token: z.string(), key: tokenDto }))
      .mutation(async ({ ctx, input: { expiresInDays: days, ...input } }) => {
        const { token, key } = await accounts.createKey(ctx.caller, { ...input, days })
        return { token, key: tokenOf(key) }
      }),
    list: personal
      .input(z.strictObject(pageQuery))
      .output(pageOf(tokenDto))
      .query(async ({ ctx, input }) => {
        const { rows, next } = await accounts.keys(ctx.caller, input)
        return { items: rows.map(tokenOf), next }
      }),
    revoke: personal
      .input(one)
      .output(ended)
      .mutation(async ({ ctx, input }) => ({ ended: await accounts.endKey(ctx.caller, input.id) })),
  })
}

function loggedInOf({ user, token, session }: LoggedIn): z.infer<typeof loggedInDto> {
  return { token, expires_at: session.expires_at.toISOString(), user: userOf(user) }
}

function tokenOf({ _id, name, created_at, expires_at, last_used_at }: Token): z.infer<typeof tokenDto> {
  return {
    id: _id,
    name,
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
    last_used_at: last_used_at?.toISOString() ?? null,
  }
}
