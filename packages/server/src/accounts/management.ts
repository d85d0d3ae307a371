import { ImageDocError, type RowPage } from '@imagedoc/core'
import type { Caller } from '../access/caller.ts'
import type { Deed } from '../audit/audit.ts'
import { changeRow } from '../records/change-row.ts'
import { idFor, newId } from '../records/id.ts'
import { insertOnce } from '../records/insert-once.ts'
import type { Quota, User, UserRole } from '../records/user.ts'
import type { AccountParts } from './account-parts.ts'
import { changeKeepingAManager } from './keep-a-manager.ts'
import type { PageRequest } from './token-ledger.ts'
import { namingTheTaken, requireUser, userRow } from './user-rows.ts'

/** How long a user has to choose a password. */
const PASSWORD_DAYS = 7

export interface UserRequest {
  readonly username: string
  readonly email: string
  readonly role: UserRole
  /** @default what the settings say */
  readonly quota?: Quota | undefined
  readonly idempotencyKey?: string | undefined
}

/** What managers do with accounts; whether the caller is one was asked before. Each throws NOT_FOUND for an unknown id. */
export interface Management {
  /**
   * Makes an account whose user chooses a password with the one-time token. A repeated request gets the same user and another token, which ends
   * the earlier one; null when the password is chosen.
   * @throws ALREADY_EXISTS; IDEMPOTENCY_CONFLICT; FORBIDDEN for a manager made with an API key
   */
  create(caller: Caller, request: UserRequest): Promise<{ readonly user: User; readonly token: string | null }>
  /** The password, every session and with `endKeys` every key end at once. Gives a one-time token to choose a new password. @throws FORBIDDEN with an API key */
  resetPassword(caller: Caller, request: { readonly id: string; readonly endKeys: boolean }): Promise<{ readonly token: string }>
  /** The newest first. */
  list(page: PageRequest): Promise<RowPage<User>>
  /** @throws FORBIDDEN for the last active manager, or with an API key */
  setRole(caller: Caller, request: { readonly id: string; readonly role: UserRole }): Promise<User>
  /** She can do nothing any more; sessions, keys and one-time tokens end at once and for good. @throws FORBIDDEN for the last active manager */
  deactivate(caller: Caller, id: string): Promise<User>
  /** She can log in again, with the password that she had. */
  reactivate(caller: Caller, id: string): Promise<User>
  /** One below what she has now deletes nothing: she cannot add until she is below it. */
  setQuota(caller: Caller, request: { readonly id: string; readonly quota: Quota }): Promise<User>
}

export function createManagement(parts: AccountParts): Management {
  const { tables, tokens, audit, instanceKey } = parts
  const record = ({ userId }: Caller, action: string, { id, details = null }: { id: string; details?: Deed['details'] }): Promise<void> =>
    audit.record({ userId, action: `users.${action}`, subject: { type: 'user', id }, ...(details === null ? {} : { details }) })
  return {
    async create(caller, { idempotencyKey, ...request }) {
      if (request.role === 'manager') assertSession(caller)
      const _id = idempotencyKey === undefined ? newId() : idFor(instanceKey, ['users', caller.userId, idempotencyKey])
      const row = userRow(parts, { _id, ...request, passwordHash: '' })
      const { row: user, isNew } = await namingTheTaken(() => insertOnce(tables.users, row, (there) => isSame(there, row)))
      if (isNew) await record(caller, 'create', { id: _id, details: { role: user.role } })
      return { user, token: user.password_hash === '' ? await passwordToken(parts, _id) : null }
    },
    async resetPassword(caller, { id, endKeys }) {
      assertSession(caller)
      await requireUser(tables, id)
      await changeRow(tables.users, id, () => ({ password_hash: '' }))
      await tokens.endAll(id, { kinds: endKeys ? ['session', 'key'] : ['session'] })
      await record(caller, 'resetPassword', { id, details: { endKeys } })
      return { token: await passwordToken(parts, id) }
    },
    list: ({ after, limit }) => tables.users.list({ index: 'by_age', order: 'descending', limit, after }),
    async setRole(caller, { id, role }) {
      assertSession(caller)
      const user = await changeKeepingAManager(parts, id, { role })
      await record(caller, 'setRole', { id, details: { role } })
      return user
    },
    async deactivate(caller, id) {
      const user = await changeKeepingAManager(parts, id, { active: false })
      await tokens.endAll(id, { kinds: ['session', 'key', 'password'] })
      await record(caller, 'deactivate', { id })
      return user
    },
    async reactivate(caller, id) {
      const user = await changeKeepingAManager(parts, id, { active: true })
      await record(caller, 'reactivate', { id })
      return user
    },
    async setQuota(caller, { id, quota }) {
      await requireUser(tables, id)
      const user = await changeRow(tables.users, id, () => ({ quota }))
      await record(caller, 'setQuota', { id, details: { ...quota } })
      return user ?? requireUser(tables, id)
    },
  }
}

/** Else whoever finds a manager's key could get herself an account with a password. */
function assertSession({ tokenKind }: Caller): void {
  if (tokenKind !== 'session') throw new ImageDocError('FORBIDDEN', 'An API key may not do this: log in with user name and password.')
}

/** Only what cannot have been changed since. */
function isSame(there: User, row: User): boolean {
  return there.username === row.username && there.email === row.email && (there.revision > 0 || there.role === row.role)
}

async function passwordToken({ tokens }: AccountParts, userId: string): Promise<string> {
  await tokens.endAll(userId, { kinds: ['password'] })
  const { token } = await tokens.issue({ kind: 'password', userId, name: '', days: PASSWORD_DAYS })
  return token
}
