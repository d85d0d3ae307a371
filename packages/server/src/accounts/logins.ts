import { ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Token } from '../records/token.ts'
import type { User } from '../records/user.ts'
import type { AccountParts, Visitor } from './account-parts.ts'
import { networkOf } from './network.ts'
import type { PageRequest } from './token-ledger.ts'
import { findUser } from './user-rows.ts'

/** Of one user; the oldest ends when she logs in once more. */
const SESSIONS = 100
const NAME = 200

export interface LoggedIn {
  readonly user: User
  /** Shown once. */
  readonly token: string
  readonly session: Token
}

export interface Logins {
  /** By user name or e-mail address. @throws RATE_LIMITED; LOGIN_FAILED, the same for an unknown name, a wrong password and a deactivated user */
  login(credentials: { readonly username: string; readonly password: string }, visitor: Visitor): Promise<LoggedIn>
  /** Ends the token that the caller came with. */
  logout(caller: Caller): Promise<void>
  sessions(caller: Caller, page: PageRequest): Promise<RowPage<Token>>
  /** False when she has no such session (any more). */
  endSession(caller: Caller, id: string): Promise<boolean>
}

export function createLogins(parts: AccountParts): Logins {
  const { tables, tokens, passwords, rateLimits, audit } = parts
  return {
    async login({ username, password }, visitor) {
      await rateLimits.passwordFrom(visitor.address)
      const user = await findUser(tables, username)
      const account = user?._id ?? username
      await rateLimits.passwordFor(account)
      const fits = await passwords.verify(user?.active ? user.password_hash : '', password, networkOf(visitor.address))
      if (!user || !fits) {
        await audit.record({ userId: user?._id ?? null, action: 'auth.login', details: { failed: true } })
        throw loginFailed()
      }
      await rateLimits.passwordFitted({ account, address: visitor.address })
      const opened = await openSession(parts, user, visitor)
      await audit.record({ userId: user._id, action: 'auth.login', subject: { type: 'session', id: opened.session._id } })
      return opened
    },
    async logout({ userId, tokenId }) {
      await tokens.end(tokenId)
      await audit.record({ userId, action: 'auth.logout', subject: { type: 'session', id: tokenId } })
    },
    sessions: ({ userId }, page) => tokens.list(userId, 'session', page),
    endSession: (caller, id) => endOwn(parts, caller, { id, kind: 'session' }),
  }
}

/** Logs a user in whose right to it was checked against this very row. @throws LOGIN_FAILED when that changed meanwhile */
export async function openSession({ tables, tokens, settings }: AccountParts, user: User, { userAgent }: Visitor): Promise<LoggedIn> {
  const request = { kind: 'session', userId: user._id, name: sessionName(userAgent), days: settings.sessionDays } as const
  const { token, row: session } = await tokens.issue(request)
  // Whoever deactivated her or changed the password meanwhile ended her sessions perhaps before this one was there.
  const present = await tables.users.get(user._id)
  if (!present?.active || present.password_hash !== user.password_hash) {
    await tokens.end(session._id)
    throw loginFailed()
  }
  if ((await tables.tokens.count('by_user', [user._id, 'session'])) > SESSIONS) {
    const { rows } = await tables.tokens.list({ index: 'by_user', equals: [user._id, 'session'], limit: 1 })
    if (rows[0] && rows[0]._id !== session._id) await tokens.end(rows[0]._id)
  }
  return { user: present, token, session }
}

/** Ends a session or key of the caller's own. */
export async function endOwn(
  { tables, tokens, audit }: AccountParts,
  { userId }: Caller,
  { id, kind }: { id: string; kind: Caller['tokenKind'] },
): Promise<boolean> {
  const row = await tables.tokens.get(id)
  if (row?.user_id !== userId || row.kind !== kind || !(await tokens.end(id))) return false
  await audit.record({ userId, action: `auth.${kind}s.revoke`, subject: { type: kind, id } })
  return true
}

/** The browser or program, as it calls itself. */
function sessionName(userAgent: string): string {
  const visible = userAgent.replaceAll(/\p{C}/gu, ' ').trim()
  return visible.slice(0, NAME).toWellFormed() || 'unknown'
}

function loginFailed(): ImageDocError {
  return new ImageDocError('LOGIN_FAILED', 'User name and password do not fit together, or the account is not active.')
}
