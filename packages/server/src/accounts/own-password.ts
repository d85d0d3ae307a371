import { ImageDocError } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import { changeRow } from '../records/change-row.ts'
import type { User } from '../records/user.ts'
import type { AccountParts, Visitor } from './account-parts.ts'
import { type LoggedIn, openSession } from './logins.ts'
import { assertPassword } from './password.ts'
import { requireUser } from './user-rows.ts'

export interface OwnPassword {
  /**
   * Ends every other session, and with `endKeys` the keys too; gives how many ended.
   * @throws LOGIN_FAILED when the current one is wrong; INVALID_REQUEST; STALE_REVISION when it was changed meanwhile; RATE_LIMITED
   */
  changePassword(
    caller: Caller,
    change: { readonly currentPassword: string; readonly newPassword: string; readonly endKeys: boolean },
  ): Promise<number>
  /** With the one-time token that a manager gave; every session ends. @throws UNAUTHENTICATED; INVALID_REQUEST, and then the token stays; RATE_LIMITED */
  setPassword(request: { readonly token: string; readonly password: string }, visitor: Visitor): Promise<LoggedIn>
}

export function createOwnPassword(parts: AccountParts): OwnPassword {
  const { tables, tokens, passwords, rateLimits, audit } = parts
  return {
    async changePassword({ userId, tokenId }, { currentPassword, newPassword, endKeys }) {
      const user = await requireUser(tables, userId)
      await rateLimits.passwordFor(userId)
      if (!(await passwords.verify(user.password_hash, currentPassword, userId))) {
        await audit.record({ userId, action: 'auth.changePassword', details: { failed: true } })
        throw new ImageDocError('LOGIN_FAILED', 'The current password is wrong.', { path: 'currentPassword' })
      }
      await rateLimits.passwordFitted({ account: userId })
      assertPassword(newPassword, user)
      await replaceHash(parts, user, await passwords.hash(newPassword, userId))
      const ended = await tokens.endAll(userId, { kinds: ['session', 'password', ...(endKeys ? (['key'] as const) : [])], except: tokenId })
      await audit.record({ userId, action: 'auth.changePassword', subject: { type: 'user', id: userId }, details: { endKeys } })
      return ended
    },
    async setPassword({ token, password }, visitor) {
      // Whoever has the token guesses nothing: only others are counted.
      if (!(await tokens.find(token, 'password'))) await rateLimits.entry(visitor.address)
      const { tokenId, user } = await ownerOf(parts, token)
      assertPassword(password, user)
      const hash = await passwords.hash(password, user._id)
      // Whoever ends it has used it: of two at the same time only one does.
      if (!(await tokens.end(tokenId))) throw wrongToken()
      const changed = await replaceHash(parts, user, hash)
      await tokens.endAll(user._id, { kinds: ['session', 'password'] })
      await audit.record({ userId: user._id, action: 'auth.setPassword', subject: { type: 'user', id: user._id } })
      return openSession(parts, changed, visitor)
    },
  }
}

async function ownerOf({ tables, tokens, audit }: AccountParts, token: string): Promise<{ tokenId: string; user: User }> {
  const row = await tokens.find(token, 'password')
  const user = row?.user_id ? await tables.users.get(row.user_id) : undefined
  if (row && user?.active) return { tokenId: row._id, user }
  await audit.record({ userId: user?._id ?? null, action: 'auth.setPassword', details: { failed: true } })
  throw wrongToken()
}

async function replaceHash({ tables }: AccountParts, user: User, password_hash: string): Promise<User> {
  const isStill = (row: User): boolean => row.active && row.password_hash === user.password_hash
  const changed = await changeRow(tables.users, user._id, (row) => (isStill(row) ? { password_hash } : undefined))
  if (changed) return changed
  throw new ImageDocError('STALE_REVISION', 'The password was changed, or the account deactivated, meanwhile.')
}

function wrongToken(): ImageDocError {
  return new ImageDocError('UNAUTHENTICATED', 'The one-time token is wrong, used or expired. Ask a manager for a new one.', {
    path: 'token',
  })
}
